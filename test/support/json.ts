/** Parsed JSON in a test that reads it member by member: a wrong member shows as a failed expectation. */
// biome-ignore lint/suspicious/noExplicitAny: the assertions are the type check
export type Json = any;
