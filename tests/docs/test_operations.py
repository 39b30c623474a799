"""The reference of operations says what the tests hold."""

from app.blueprints.user_pools.not_yet import NOT_YET
from tests.support.aws_inputs import MODEL
from tests.support.operations_reference import TARGET, document, marks, states_of, working
from tests.support.server import ROOT


def test_the_reference_is_what_the_tests_hold():
    assert TARGET.read_text() == document()


def test_a_mark_names_an_operation_and_an_error_that_it_models():
    for operation, error in marks():
        assert operation in MODEL.operations
        assert error is None or error in MODEL.operations[operation].errors, (operation, error)


def test_everything_that_answers_works():
    """Whoever brings an operation brings the tests of its success and of each error that can be provoked."""
    states = states_of(marks())
    assert {name: state for name, state in states.items() if state not in {"works", "not yet"}} == {}


def test_the_first_page_counts_as_the_reference_does():
    states = states_of(marks())
    assert (
        f"{working(states)} of {len(states)} [operations](docs/reference/operations.md)"
        in (ROOT / "README.md").read_text()
    )


def test_nothing_that_waits_claims_to_work():
    assert {operation for operation, _ in marks()} & set(NOT_YET) == set()
