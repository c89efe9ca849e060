/** A plain Lambda handler that does nothing: its event is built all the same. */
export const handler = async (): Promise<void> => undefined;
