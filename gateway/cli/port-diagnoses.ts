import { upConfig } from '../up/config.ts';
import { StartFailure } from '../up/failure.ts';
import { isPortFree } from '../up/ports.ts';
import type { Settings } from './config.ts';
import { failed, passed, type Diagnosis } from './diagnosis.ts';

/** Whether `weft up` would find its ports free, and its environment in order; for when nothing runs here. */
export async function portDiagnoses({ env }: Pick<Settings, 'env'>): Promise<Diagnosis[]> {
  try {
    const config = upConfig(env);
    const temporal = config.TEMPORAL_ADDRESS === undefined;
    const wanted = [
      { what: 'the gateway', port: config.PORT, variable: 'PORT', host: config.HOST },
      ...(temporal
        ? [
            { what: 'Temporal', port: config.WEFT_TEMPORAL_PORT, variable: 'WEFT_TEMPORAL_PORT' },
            { what: 'the Temporal Web UI', port: config.WEFT_TEMPORAL_UI_PORT, variable: 'WEFT_TEMPORAL_UI_PORT' },
          ]
        : []),
    ];
    const busy: Diagnosis[] = [];
    for (const { what, port, variable, host } of wanted)
      if (!(await isPortFree(port, host)))
        busy.push(
          failed('Ports', `${port} for ${what} is busy`, `End what listens there, or set ${variable} to a free port.`),
        );
    const ports = wanted.map(({ port }) => port).join(', ');
    return busy.length > 0 ? busy : [passed('Ports', `free for \`weft up\`: ${ports}`)];
  } catch (error) {
    if (!(error instanceof StartFailure)) throw error;
    return [failed('Ports', error.message, 'Set what is named, and look again.')];
  }
}
