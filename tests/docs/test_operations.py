"""The reference of operations says what the tests hold."""

from app.blueprints.user_pools.not_yet import NOT_YET
from tests.support.aws_inputs import MODEL
from tests.support.operations_reference import TARGET, document, marks, state_of


def test_the_reference_is_what_the_tests_hold():
    assert TARGET.read_text() == document()


def test_a_mark_names_an_operation_and_an_error_that_it_models():
    for operation, error in marks():
        assert operation in MODEL.operations
        assert error is None or error in MODEL.operations[operation].errors, (operation, error)


def test_everything_that_answers_is_tested():
    marked = marks()
    assert {name for name in MODEL.operations if state_of(name, marked) == "untested"} == set()


def test_nothing_that_waits_claims_to_work():
    assert {operation for operation, _ in marks()} & set(NOT_YET) == set()
