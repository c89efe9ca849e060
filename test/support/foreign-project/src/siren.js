const { tell } = require('./tell');

exports.handler = async (event) => tell('siren', event);
