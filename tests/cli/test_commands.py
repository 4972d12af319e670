import pytest

pytest.importorskip("click")

from click.testing import CliRunner

from pinterest_async.cli.commands import pinterest
from pinterest_async.cli.harvest_options import LEVEL_NAMES


@pytest.mark.parametrize("word", ["staus", "Status", "stats"])
def test_a_second_word_that_is_misspelt_is_named(word: str) -> None:
    ran = CliRunner().invoke(pinterest, ["harvest", word, "data/"])
    assert ran.exit_code == 2
    assert f"No such command 'harvest {word}'. Did you mean 'harvest status'?" in ran.output


@pytest.mark.parametrize("level", [*LEVEL_NAMES.values(), "--dry-run", "--status"])
def test_levels_and_options_are_no_misspelt_second_words(level: str) -> None:
    ran = CliRunner().invoke(pinterest, ["harvest", level])
    assert "No such command" not in ran.output
