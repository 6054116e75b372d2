// Reads FHIR R4 resources, one a line, and writes what the package fhir finds wrong with each: `line<TAB>problem`.
//
// Only errors: its warnings are about codes outside of value sets that allow others, such as those of MDC.
"use strict";

const { Fhir } = require("fhir");

const fhir = new Fhir();
const lines = require("fs").readFileSync(0, "utf8").split("\n");
lines.forEach((line, index) => {
  if (line === "") return;
  const { messages } = fhir.validate(JSON.parse(line), { errorOnUnexpected: true });
  for (const { severity, location, message } of messages) {
    if (severity === "error" || severity === "fatal") console.log(`${index + 1}\t${location}: ${message}`);
  }
});
