// Node.js 0.10 on Lambda.
exports.done = function (event, context) {
  setTimeout(function () { context.done(null, { value: event.value + 1 }); }, 1);
};
exports.succeed = function (event, context) { context.succeed('well'); };
exports.fail = function (event, context) { context.fail(new Error('badly')); };
exports.failWithNothing = function (event, context) { context.fail(); };
