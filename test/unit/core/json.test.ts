import { expect, test } from "vitest";
import { jsonProblem } from "../../../src/core/json.ts";

test.each([
  "{}",
  "[]",
  '"a string with \\" and { and : in it"',
  '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
  '{"a":"b","b":"a"}',
  '{"a":"a"}',
  '{"a":["a","a"]}',
  '{ "a" : "x\\\\" , "b" : "\\"}" }',
  '{"A":1,"a":2,"é":3}',
])("%s is sound", (text) => {
  expect(() => JSON.parse(text) as unknown).not.toThrow();
  expect(jsonProblem(text, 4)).toBeUndefined();
});

test.each([
  ['{"a":1,"a":1}', 'has the key "a" twice in one object'],
  ['{"a" :1,"b":[],"a"\n:2}', 'has the key "a" twice in one object'],
  ['[{"x":{"k":1,"\\u006b":2}}]', 'has the key "k" twice in one object'],
  ['{"":0,"":0}', 'has the key "" twice in one object'],
  ["[[[[[]]]]]", "is nested deeper than 4 levels"],
  ['{"a":{"a":{"a":{"a":{}}}}}', "is nested deeper than 4 levels"],
])("%s is not", (text, problem) => {
  expect(jsonProblem(text, 4)).toBe(problem);
});
