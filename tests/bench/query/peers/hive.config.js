// Hive Gateway passes on the credential that Weft's managed subgraphs ask for; the ordinary ones know none.
export const gatewayConfig = {
  propagateHeaders: {
    fromClientToSubgraphs: ({ request }) => {
      const authorization = request.headers.get('authorization');
      return authorization === null ? {} : { authorization };
    },
  },
};
