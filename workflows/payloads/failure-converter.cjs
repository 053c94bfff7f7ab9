// CommonJS: Temporal's SDK takes it by `require`, and bundles it with the workflows.
const { DefaultFailureConverter } = require('@temporalio/common');

/** Messages and stack traces of failures go into a payload, which the codec encrypts. */
exports.failureConverter = new DefaultFailureConverter({ encodeCommonAttributes: true });
