"""The outcome of each test of a file that `python3 -m test --junit-xml` wrote, a line each: OUTCOME NAME."""

import sys
import xml.etree.ElementTree

for case in xml.etree.ElementTree.parse(sys.argv[1]).iter("testcase"):
    outcomes = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
    print(outcomes[0] if outcomes else "passed", case.get("name"))
