'use strict';
let open = [];

// Answers at once and leaves something running: Lambda waits for it.
exports.waits = (event, context, callback) => {
  setTimeout(() => open.push('timer'), event.ms);
  callback(null, { open });
};

exports.doesNotWait = function (event, context, callback) {
  context.callbackWaitsForEmptyEventLoop = false;
  const timer = setTimeout(() => {}, 600000);
  callback(null, 'answered');
  return timer;
};

exports.failsAtOnce = (event, context, cb) => {
  setTimeout(() => {}, 600000);
  cb(new RangeError('out of it'));
};

// Work in the thread pool of crypto, of which nothing shows among the active resources.
exports.hashes = (event, context, callback) => {
  require('crypto').pbkdf2('a', 'b', 20000, 16, 'sha512', (err, key) => callback(err, key.toString('hex')));
};

exports.never = (event, context, callback) => {
  setTimeout(() => {}, 5);
};

exports.returnsWithoutPromise = () => 'nobody looks at this';

exports.twice = (event, context, callback) => {
  callback(null, 'first');
  callback(new Error('second'));
};

exports.throws = () => {
  throw 'just a string';
};
