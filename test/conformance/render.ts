/** The table of facts as Markdown: docs/conformance.md. */
import type { FiledFact } from './fact.js';

const HEAD = `# Conformance

What AWS Lambda does with event source mappings, functions and their environments, and what Millrace does. Every row is
a test of the suite \`npm run test:conformance\`, named by its id; time in it is virtual where it matters. This page is
made from the suite (\`node scripts/conformance.mjs\`), which also fails when the two differ.

Sources: **B** the AWS SDK's service model, **D** AWS's documentation, **G** AWS's Lambda guide on GitHub, **L** recorded
against the real service by LocalStack, **O** read or run in osls, which packages \`serverless.yml\` for AWS.
`;

export function render(facts: readonly FiledFact[]): string {
  const properties = [...new Set(facts.map(({ property }) => property))];
  const differing = facts.filter(({ difference }) => difference !== undefined);
  const counts = `${facts.length} facts; Millrace differs in ${differing.length}, on purpose.`;
  const tables = properties.map((property) => {
    const rows = facts.filter((fact) => fact.property === property).map(row);
    return `## ${property}\n\n| Behaviour on AWS | Source | Millrace | Test |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  const differences = differing.map(
    ({ id, property, difference }) => `- **${property}** (\`${id}\`): ${difference}`,
  );
  return [HEAD, counts, '', ...tables, '## Known differences\n', ...differences, ''].join('\n');
}

function row({ id, behaviour, source, difference, file }: FiledFact): string {
  const millrace = difference === undefined ? 'the same' : `differs: ${difference}`;
  return `| ${cell(behaviour)} | ${source} | ${cell(millrace)} | [\`${id}\`](../test/conformance/${file}) |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
