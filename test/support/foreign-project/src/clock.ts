import { tell } from './tell';

export const handler = async (event: { hello: string }): Promise<void> => tell('clock', event);
