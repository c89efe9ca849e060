'use strict';
// Names that no lexer finds.
const actions = {};
for (const name of ['create', 'remove']) actions[name] = async (event) => `${name} ${event.id}`;
module.exports = { ...actions, orders: { items: { add: async () => 'nested' } }, version: 3 };
