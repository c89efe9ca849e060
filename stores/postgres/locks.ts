/**
 * Classes of advisory locks, the first of their two keys: so that no two uses of them meet. The numbers are arbitrary
 * and stay as they are: processes of different versions must agree.
 */
export const LOCKS = {
  /** Key 0: whoever changes the schema. */
  migrations: 0x4d_49_4c_00,
  /** Key 0: shared by those who write numbered changes, taken alone for a moment by those who read them. */
  changes: 0x4d_49_4c_01,
  /** Key: partition. Versions before alerts had positions held it while they committed alerts; taken. */
  alerts: 0x4d_49_4c_02,
} as const;
