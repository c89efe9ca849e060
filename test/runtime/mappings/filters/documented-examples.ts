/** Examples of AWS's documentation: of Lambda's event filtering and of EventBridge's content filtering. */
export interface Example {
  readonly name: string;
  readonly pattern: object;
  readonly matches: readonly unknown[];
  readonly differs: readonly unknown[];
}

export const examples: readonly Example[] = [
  {
    name: 'null',
    pattern: { UserID: [null] },
    matches: [{ UserID: null }],
    differs: [{ UserID: '' }, {}, { UserID: 'null' }],
  },
  {
    name: 'empty',
    pattern: { LastName: [''] },
    matches: [{ LastName: '' }],
    differs: [{ LastName: 'x' }, { LastName: null }, {}],
  },
  {
    name: 'equals',
    pattern: { Name: ['Alice'] },
    matches: [{ Name: 'Alice' }],
    differs: [{ Name: 'alice' }, { Name: 'Alice ' }],
  },
  {
    name: 'equals, number',
    pattern: { Price: [100] },
    matches: [{ Price: 100 }],
    differs: [{ Price: '100' }, { Price: 101 }],
  },
  {
    name: 'equals, boolean',
    pattern: { On: [true] },
    matches: [{ On: true }],
    differs: [{ On: 'true' }, { On: false }, { On: 1 }],
  },
  {
    name: 'equals (ignore case)',
    pattern: { Name: [{ 'equals-ignore-case': 'alice' }] },
    matches: [{ Name: 'ALICE' }, { Name: 'Alice' }],
    differs: [{ Name: 'alices' }, { Name: 1 }],
  },
  {
    name: 'and',
    pattern: { Location: ['New York'], Day: ['Monday'] },
    matches: [{ Location: 'New York', Day: 'Monday', More: 1 }],
    differs: [{ Location: 'New York' }, { Location: 'New York', Day: 'Tuesday' }],
  },
  {
    name: 'or',
    pattern: { PaymentType: ['Credit', 'Debit'] },
    matches: [{ PaymentType: 'Debit' }],
    differs: [{ PaymentType: 'Cash' }],
  },
  {
    name: 'or (multiple fields)',
    pattern: { $or: [{ Location: ['New York'] }, { Day: ['Monday'] }] },
    matches: [{ Location: 'New York' }, { Day: 'Monday' }],
    differs: [{ Location: 'Paris', Day: 'Sunday' }, {}],
  },
  {
    name: '$or beside and inside other fields',
    pattern: {
      source: ['aws.cloudwatch'],
      $or: [
        { metricName: ['ReadLatency'] },
        { metricType: ['MetricType'], $or: [{ metricId: [1234] }, { spaceId: [1000] }] },
      ],
    },
    matches: [
      { source: 'aws.cloudwatch', metricName: 'ReadLatency' },
      { source: 'aws.cloudwatch', metricType: 'MetricType', spaceId: 1000 },
    ],
    differs: [
      { metricName: 'ReadLatency' },
      { source: 'aws.cloudwatch', metricType: 'MetricType', spaceId: 1 },
    ],
  },
  {
    name: 'not',
    pattern: { Weather: [{ 'anything-but': ['Raining'] }] },
    matches: [{ Weather: 'Sunny' }, { Weather: 5 }, { Weather: null }],
    differs: [{ Weather: 'Raining' }, {}, { Weather: {} }],
  },
  {
    name: 'anything-but, one text',
    pattern: { state: [{ 'anything-but': 'initializing' }] },
    matches: [{ state: 'running' }],
    differs: [{ state: 'initializing' }],
  },
  {
    name: 'anything-but, numbers',
    pattern: { limit: [{ 'anything-but': [100, 200, 300] }] },
    matches: [{ limit: 101 }, { limit: '100' }],
    differs: [{ limit: 200 }],
  },
  {
    name: 'anything-but, prefix',
    pattern: { state: [{ 'anything-but': { prefix: 'init' } }] },
    matches: [{ state: 'running' }],
    differs: [{ state: 'initializing' }, {}],
  },
  {
    name: 'anything-but, suffix',
    pattern: { file: [{ 'anything-but': { suffix: '.png' } }] },
    matches: [{ file: 'a.txt' }],
    differs: [{ file: 'a.png' }],
  },
  {
    name: 'anything-but, ignore case',
    pattern: { state: [{ 'anything-but': { 'equals-ignore-case': ['initializing', 'stopped'] } }] },
    matches: [{ state: 'running' }],
    differs: [{ state: 'INITIALIZING' }, { state: 'Stopped' }],
  },
  {
    name: 'numeric (equals)',
    pattern: { Price: [{ numeric: ['=', 100] }] },
    matches: [{ Price: 100 }],
    differs: [{ Price: 99.9 }, { Price: '100' }],
  },
  {
    name: 'numeric (range)',
    pattern: { Price: [{ numeric: ['>', 10, '<=', 20] }] },
    matches: [{ Price: 10.01 }, { Price: 20 }],
    differs: [{ Price: 10 }, { Price: 20.5 }, { Price: null }],
  },
  {
    name: 'numeric, below',
    pattern: { Price: [{ numeric: ['<', 10] }] },
    matches: [{ Price: -1e6 }],
    differs: [{ Price: 10 }, { Price: -6e9 }],
  },
  {
    name: 'exists',
    pattern: { ProductName: [{ exists: true }] },
    matches: [{ ProductName: 'x' }, { ProductName: null }],
    differs: [{}, { ProductName: { a: 1 } }, { ProductName: [] }],
  },
  {
    name: 'does not exist',
    pattern: { ProductName: [{ exists: false }] },
    matches: [{}, { ProductName: { inner: 1 } }],
    differs: [{ ProductName: 'x' }, { ProductName: null }],
  },
  {
    name: 'exists below a field that is not there',
    pattern: { a: { b: [{ exists: false }] } },
    matches: [{}, { a: 5 }, { a: {} }],
    differs: [{ a: { b: 1 } }],
  },
  {
    name: 'begins with',
    pattern: { Region: [{ prefix: 'us-' }] },
    matches: [{ Region: 'us-east-1' }],
    differs: [{ Region: 'eu-us-1' }, { Region: 7 }],
  },
  {
    name: 'begins with (ignore case)',
    pattern: { service: [{ prefix: { 'equals-ignore-case': 'eventb' } }] },
    matches: [{ service: 'EventBridge' }],
    differs: [{ service: 'Event' }],
  },
  {
    name: 'ends with',
    pattern: { FileName: [{ suffix: '.png' }] },
    matches: [{ FileName: 'a.png' }],
    differs: [{ FileName: 'a.PNG' }],
  },
  {
    name: 'ends with (ignore case)',
    pattern: { service: [{ suffix: { 'equals-ignore-case': 'tbridge' } }] },
    matches: [{ service: 'EVENTBRIDGE' }],
    differs: [{ service: 'bridges' }],
  },
  {
    name: 'several levels',
    pattern: { Keys: { Id: { N: ['101'] } } },
    matches: [{ Keys: { Id: { N: '101' } } }],
    differs: [{ Keys: { Id: { N: '102' } } }, { Keys: { Id: '101' } }, { Keys: null }],
  },
  {
    name: 'arrays: any element',
    pattern: { resources: ['b', 'z'] },
    matches: [{ resources: ['a', 'b'] }, { resources: [['z']] }],
    differs: [{ resources: ['a'] }, { resources: [] }],
  },
  {
    name: 'arrays of objects: all fields of one element',
    pattern: { items: { kind: ['temp'], value: [{ numeric: ['>', 30] }] } },
    matches: [
      {
        items: [
          { kind: 'hum', value: 5 },
          { kind: 'temp', value: 31 },
        ],
      },
    ],
    differs: [
      {
        items: [
          { kind: 'hum', value: 50 },
          { kind: 'temp', value: 3 },
        ],
      },
      { items: ['temp'] },
    ],
  },
  {
    name: '$or as an ordinary field',
    pattern: { $or: { metricType: ['MetricType'] } },
    matches: [{ $or: { metricType: 'MetricType' } }],
    differs: [{ metricType: 'MetricType' }],
  },
  {
    name: 'names every object inherits',
    pattern: { constructor: [{ exists: true }] },
    matches: [{ constructor: 1 }],
    differs: [{}],
  },
];
