/**
 * This process as a member of a consumer group: joins it, is given partitions, gives them back, and says every few
 * seconds that it lives. Rebalances are cooperative: what stays here goes on being worked on; what is to move is given
 * back (its work finished and committed) before anybody else is given it.
 *
 * A member that was not heard of for the session timeout has lost everything: what it holds is dropped, nothing more
 * is committed for it, and it joins anew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { heartbeatV4, joinGroupV7, leaveGroupV5, syncGroupV5 } from '@platformatic/kafka';
import { assign, assignedIn, assignmentBytes, memberOf, subscriptionBytes } from './assignment.js';
import { backoffMs, type KafkaClient } from './client.js';
import { KafkaCode, kafkaCodeOf, kafkaError } from './errors.js';
import type { Membership } from './kafka-checkpoints.js';
import type { KafkaLog } from './options.js';

export interface GroupMemberOptions {
  readonly group: string;
  readonly topic: string;
  readonly partitions: number;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly log: KafkaLog;
}

/** What the member does with partitions. None of them may be called while another runs. */
export interface GroupHooks {
  /** They are this process's from now on. */
  taken(partitions: readonly number[]): Promise<void>;
  /** They go to somebody else once this resolves. */
  givenBack(partitions: readonly number[]): Promise<void>;
  /** They were given to somebody else already. */
  lost(partitions: readonly number[]): Promise<void>;
}

const PROTOCOL_TYPE = 'consumer';
const PROTOCOL = 'millrace-cooperative';
/** Heartbeats per session timeout. */
const BEATS = 5;

/** Why the member stops waiting. */
type Notice = 'rebalance' | 'lost' | 'stop';

export class GroupMember {
  /** Null: not a member at the moment, nothing can be committed. */
  membership: Membership | null = null;
  readonly #client: KafkaClient;
  readonly #options: GroupMemberOptions;
  readonly #hooks: GroupHooks;
  #memberId = '';
  #owned: readonly number[] = [];
  #isJoining = false;
  #isStopping = false;
  #notice: Notice | null = null;
  #onNotice: (() => void) | null = null;
  #beat: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(client: KafkaClient, options: GroupMemberOptions, hooks: GroupHooks) {
    this.#client = client;
    this.#options = options;
    this.#hooks = hooks;
  }

  start(): void {
    this.#running ??= this.#run();
    this.#beat ??= setTimeout(() => void this.#heartbeat(), this.#beatMs);
  }

  /** Gives everything back and leaves the group. */
  async stop(): Promise<void> {
    if (this.#isStopping) return this.#running;
    this.#isStopping = true;
    this.#tell('stop');
    // Others may keep a join waiting for long; what is held meanwhile can be given back all the same.
    if (!this.#isJoining) await this.#running;
    if (this.#owned.length > 0) await this.#hooks.givenBack(this.#owned);
    this.#owned = [];
    await this.#leave();
    this.#client.disconnect(`join ${this.#options.group}`);
    clearTimeout(this.#beat);
    this.membership = null;
    await this.#running;
  }

  /** Whether the group has given everything to others, as far as is known here. */
  get isLost(): boolean {
    return this.#notice === 'lost';
  }

  /**
   * A commit was refused because the group knows another generation, or not this member. While it joins anew the
   * generation may be one that the answer to the join has yet to tell, and that answer says as well what is lost.
   */
  tellLost(membership: Membership): void {
    if (this.membership === membership && !this.#isJoining) this.#tell('lost');
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#isStopping; ) {
      try {
        const assigned = await this.#join();
        if (this.#isStopping) return;
        failures = 0;
        await this.#move(assigned);
      } catch (error) {
        if (this.#isStopping) return;
        if (await this.#understood(error)) continue;
        this.#client.forgetCoordinator(this.#options.group);
        if (failures++ === 0) {
          const { group, log } = this.#options;
          log.warn({ group, err: kafkaError(error, `cannot join group ${group}`) }, 'trying again');
        }
        await sleep(backoffMs(failures));
      }
    }
  }

  /** Joins and syncs. Answers the partitions that are to be this process's. */
  async #join(): Promise<number[]> {
    const { group, topic, partitions, sessionTimeoutMs, rebalanceTimeoutMs } = this.#options;
    this.#isJoining = true;
    this.#notice = this.#isStopping ? 'stop' : null;
    try {
      const generation = this.membership?.generation ?? -1;
      const node = await this.#client.coordinatorOf(group);
      const metadata = subscriptionBytes(topic, this.#owned, generation);
      const joined = await this.#client.request(
        `join ${group}`,
        node,
        joinGroupV7.api,
        group,
        sessionTimeoutMs,
        rebalanceTimeoutMs,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        [{ name: PROTOCOL, metadata }],
      );
      this.#memberId = joined.memberId!;
      const isLeader = joined.leader === joined.memberId;
      const members = joined.members.map((member) => memberOf(member.memberId, topic, member.metadata!));
      const plan = isLeader ? assign(members, partitions) : new Map<string, number[]>();
      const { assignment } = await this.#client.request(
        `join ${group}`,
        node,
        syncGroupV5.api,
        group,
        joined.generationId,
        this.#memberId,
        null,
        PROTOCOL_TYPE,
        PROTOCOL,
        [...plan].map(([memberId, mine]) => ({ memberId, assignment: assignmentBytes(topic, mine) })),
      );
      this.membership = { memberId: this.#memberId, generation: joined.generationId };
      return assignedIn(topic, assignment);
    } finally {
      this.#isJoining = false;
    }
  }

  /** Gives back, takes, and waits until the group is to be joined again. */
  async #move(assigned: readonly number[]): Promise<void> {
    const given = this.#owned.filter((partition) => !assigned.includes(partition));
    if (given.length > 0) {
      await this.#hooks.givenBack(given);
      this.#owned = this.#owned.filter((partition) => assigned.includes(partition));
    }
    const added = assigned.filter((partition) => !this.#owned.includes(partition));
    if (added.length > 0 && this.#notice !== 'lost' && !this.#isStopping) {
      await this.#hooks.taken(added);
      this.#owned = [...this.#owned, ...added];
    }
    // Joining again says that they are free now.
    if (given.length > 0 && this.#notice === null) return;
    if (this.#notice === null) {
      await new Promise<void>((resolve) => {
        this.#onNotice = resolve;
      });
    }
    if (this.#notice === 'lost') await this.#loseAll();
  }

  /** What an answer of the coordinator means for the membership; false: it means nothing, the request has failed. */
  async #understood(error: unknown): Promise<boolean> {
    const code = kafkaCodeOf(error);
    if (code === KafkaCode.memberIdRequired) {
      this.#memberId = memberIdIn(error);
      return true;
    }
    if (code === KafkaCode.rebalanceInProgress) return true;
    if (code !== KafkaCode.unknownMember && code !== KafkaCode.illegalGeneration) return false;
    await this.#loseAll();
    return true;
  }

  async #loseAll(): Promise<void> {
    const { group, log } = this.#options;
    this.membership = null;
    this.#memberId = '';
    const lost = this.#owned;
    this.#owned = [];
    if (lost.length === 0) return;
    log.warn({ group, partitions: lost }, 'was away for too long: its partitions are others’ now');
    await this.#hooks.lost(lost);
  }

  get #beatMs(): number {
    return this.#options.sessionTimeoutMs / BEATS;
  }

  async #heartbeat(): Promise<void> {
    await this.#sayAlive();
    if (this.#isStopping && this.membership === null) return;
    this.#beat = setTimeout(() => void this.#heartbeat(), this.#beatMs);
  }

  async #sayAlive(): Promise<void> {
    const { group } = this.#options;
    const { membership } = this;
    if (membership === null || this.#isJoining) return;
    try {
      const node = await this.#client.coordinatorOf(group);
      const { generation, memberId } = membership;
      await this.#client.request(`group ${group}`, node, heartbeatV4.api, group, generation, memberId, null);
    } catch (error) {
      if (this.membership !== membership || this.#isJoining) return;
      const code = kafkaCodeOf(error);
      if (code === KafkaCode.rebalanceInProgress) this.#tell('rebalance');
      else if (code === KafkaCode.unknownMember || code === KafkaCode.illegalGeneration) this.#tell('lost');
      else this.#client.forgetCoordinator(group);
    }
  }

  #tell(notice: Notice): void {
    if (this.#notice !== 'lost') this.#notice = notice;
    this.#onNotice?.();
    this.#onNotice = null;
  }

  async #leave(): Promise<void> {
    if (this.#memberId === '') return;
    const { group, log } = this.#options;
    try {
      const node = await this.#client.coordinatorOf(group);
      const members = [{ memberId: this.#memberId, groupInstanceId: null }];
      await this.#client.request(`group ${group}`, node, leaveGroupV5.api, group, members);
    } catch (error) {
      // The session runs out by itself; it only takes longer.
      log.warn({ group, err: error }, 'could not leave the group');
    }
  }
}

function memberIdIn(error: unknown): string {
  const response = (error as { response?: { memberId?: string | null } }).response;
  return response?.memberId ?? '';
}
