// As with Powertools' BatchProcessor: every record on its own, failures reported, ordinary functions throughout.
class BatchProcessor {
  #failures = [];
  constructor(identifierOf) {
    this.identifierOf = identifierOf;
  }
  async process(records, work) {
    this.#failures = [];
    await Promise.all(
      records.map(async (record) => {
        try {
          await work(record);
        } catch {
          this.#failures.push({ itemIdentifier: this.identifierOf(record) });
        }
      }),
    );
    if (this.#failures.length === records.length) throw new Error('All records failed processing.');
    return { batchItemFailures: this.#failures };
  }
}

const check = (text) => {
  if (text.includes('bad')) throw new Error('bad');
};
const sqs = new BatchProcessor((record) => record.messageId);
const kinesis = new BatchProcessor((record) => record.kinesis.sequenceNumber);

export const queue = (event) => sqs.process(event.Records, async ({ body }) => check(body));
export const stream = (event) =>
  kinesis.process(event.Records, async (r) => check(Buffer.from(r.kinesis.data, 'base64').toString()));
export const topic = async (event) => ({
  batchItemFailures: Object.entries(event.records).flatMap(([partition, records]) =>
    records
      .filter(({ value }) => Buffer.from(value, 'base64').toString().includes('bad'))
      .map(({ offset }) => ({ itemIdentifier: { partition, offset } })),
  ),
});
