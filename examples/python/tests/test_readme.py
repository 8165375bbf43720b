"""Checks that the code of the README is Python."""

import re
import unittest
from pathlib import Path


class Readme(unittest.TestCase):
    def test_its_code_compiles(self) -> None:
        text = (Path(__file__).parents[1] / "README.md").read_text()
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        self.assertGreaterEqual(len(blocks), 2)
        for block in blocks:
            compile(block, "README.md", "exec")


if __name__ == "__main__":
    unittest.main()
