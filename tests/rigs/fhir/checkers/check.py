"""Reads FHIR R4 resources, one a line, and writes what fhirkit-rs finds wrong with each: `line<TAB>problem`."""

import sys

import fhirkit

for number, line in enumerate(sys.stdin.buffer, start=1):
    for issue in fhirkit.validate(line):
        print(number, issue, sep="\t")
