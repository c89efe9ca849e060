exports.handler = async (event) => ({ greeting: `Hello, ${event.pathParameters.name}`, route: event.routeKey });
