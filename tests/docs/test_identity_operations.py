"""The reference of identity operations says what the tests hold."""

from tests.support.identity_operations_reference import MODEL, OF_ONE, TARGET, document, marks, states_of


def test_the_reference_is_what_the_tests_hold():
    assert TARGET.read_text() == document()


def test_a_mark_names_an_operation_and_an_error_that_it_models():
    for operation, error in marks():
        assert operation in MODEL.operations
        assert error is None or error in MODEL.operations[operation].errors, (operation, error)


def test_no_excuse_stands_where_a_test_does():
    assert set(OF_ONE) & marks() == set()


def test_every_operation_works():
    """Whoever brings an operation brings the tests of its success and of each error that can be provoked."""
    states = states_of(marks())
    assert {name: state for name, state in states.items() if state != "works"} == {}
