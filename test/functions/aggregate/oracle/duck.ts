/** DuckDB in memory, for oracles: tables from objects, rows as objects. */
import { DuckDBInstance } from '@duckdb/node-api';

export interface Duck {
  run(sql: string): Promise<void>;
  /** Adds objects to a table; what an object lacks is null. */
  fill(table: string, rows: readonly object[]): Promise<void>;
  rows<T>(sql: string): Promise<T[]>;
  close(): void;
}

export async function openDuck(): Promise<Duck> {
  // One thread: tables are small. Nothing is to come from the network.
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
  });
  const connection = await instance.connect();
  const rows = async <T>(sql: string) =>
    (await connection.runAndReadAll(sql)).getRowObjectsJS() as unknown as T[];
  return {
    rows,
    run: async (sql) => {
      await connection.run(sql);
    },
    async fill(table, objects) {
      if (objects.length === 0) return;
      const columns = await rows<{ name: string; type: string }>(
        `select column_name as name, data_type as type from duckdb_columns() where table_name = '${table}' order by column_index`,
      );
      const shape = JSON.stringify([Object.fromEntries(columns.map(({ name, type }) => [name, type]))]);
      const json = `from_json($json, '${shape}')`;
      await connection.run(`insert into ${table} select unnest(${json}, recursive := true)`, {
        json: JSON.stringify(objects),
      });
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
