"""Checks what the README says."""

import re
import unittest
from pathlib import Path


FOLDER = Path(__file__).parents[1]
TEXT = (FOLDER / "README.md").read_text()


class Readme(unittest.TestCase):
    def test_its_length_of_the_client_is_right(self) -> None:
        lines = sum(len(file.read_text().splitlines()) for file in (FOLDER / "tidings").glob("*.py"))
        self.assertIn(f" {round(lines, -2)} lines", TEXT)

    def test_its_code_compiles(self) -> None:
        blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
        self.assertGreaterEqual(len(blocks), 2)
        for block in blocks:
            compile(block, "README.md", "exec")


if __name__ == "__main__":
    unittest.main()
