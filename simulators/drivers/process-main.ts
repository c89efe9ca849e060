/** A driving process: makes its slice of the plan, drives it, and tells its coordinator. Started by `processes.ts`. */
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';
import { lenientJudge } from '../oracle/judge.js';
import { planOf } from '../plan/plan.js';
import { createDriver } from './create.js';
import { numbered } from './planned-publishes.js';
import { BatchingObserver, type FromProcess, type ProcessTask, type ToProcess } from './process-messages.js';

const FLUSH_MS = 50;

const aborted = new AbortController();
const tell = (message: FromProcess, whenSent: () => void = () => undefined) => {
  process.send!(message, whenSent);
};
/** Ends this process once everything is told. */
const tellLast = (message: FromProcess) => tell(message, () => process.disconnect());

async function run({ scenario, start, ...options }: ProcessTask): Promise<void> {
  const observer = new BatchingObserver(tell);
  const timer = setInterval(() => observer.flush(), FLUSH_MS);
  try {
    // What the schemas say of a payload changes nothing about its bytes, and only the coordinator wants to know.
    const plan = numbered(planOf(scenario, start, lenientJudge));
    const summary = await createDriver({ ...options, plan, signal: aborted.signal }, observer).run();
    observer.flush();
    tellLast({ kind: 'done', summary });
  } catch (error) {
    observer.flush();
    const known = error instanceof MillraceError ? error : null;
    tellLast({
      kind: 'failed',
      message: messageOf(error),
      code: codeOf(error) ?? 'DRIVER_PROCESS',
      canRetry: known?.canRetry ?? false,
      hint: known?.hint,
    });
  } finally {
    clearInterval(timer);
  }
}

// Ctrl-C at a terminal reaches every process of the group; when to end is the coordinator's decision.
process.on('SIGINT', () => undefined);
// It is gone: nobody is left to tell.
process.on('disconnect', () => aborted.abort());
process.on('message', (message: ToProcess) => {
  if (message.kind === 'stop') aborted.abort();
  else void run(message.task);
});
