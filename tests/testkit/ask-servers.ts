/** Asks the run's own servers for one by name, which starts it where no test has asked before. */
export async function askServers(name: 'postgres' | 'temporal'): Promise<unknown> {
  const url = process.env['WEFT_TEST_SERVERS'];
  if (url === undefined) throw new Error('Run the tests by `npm test`: the test servers are not there.');
  const response = await fetch(`${url}/${name}`);
  const text = await response.text();
  if (!response.ok) throw new Error(`The test server ${name} did not start: ${text}`);
  return JSON.parse(text);
}
