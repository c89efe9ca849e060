import { jest } from '@jest/globals';
import { warningLog } from '../../../streams/kafka/options.js';

test('the log of those who gave none tells offsets as well, which JSON refuses', () => {
  const emitWarning = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  warningLog.warn({ err: Object.assign(new Error('refused'), { offset: 7n }) }, 'trying again');
  expect(emitWarning).toHaveBeenCalledWith(expect.stringMatching(/^trying again .*refused.*offset: 7n/s));
  emitWarning.mockRestore();
});
