/** Read by Apollo's packages when they load: nothing that Weft runs asks an outside host by itself. */
process.env['APOLLO_TELEMETRY_DISABLED'] = 'true';
