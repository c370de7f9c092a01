import { connect } from 'node:net';
import { errnoOf, sentenceOf } from '../base/fault.ts';
import { limits } from '../base/limits.ts';
import type { ZabbixSettings } from '../settings/zabbix-settings.ts';
import { durationSeconds } from './job-duration.ts';
import type { JobReport } from './job-report.ts';
import { DeliveryError } from './sink.ts';

/** Sends a job's end to a trapper item of Zabbix, as JSON text. @throws DeliveryError */
export async function announceZabbix(settings: ZabbixSettings, report: JobReport): Promise<void> {
  const value = JSON.stringify({
    jobId: report.jobId,
    verdict: report.verdict,
    exitCode: report.exitCode,
    message: report.message,
    durationSeconds: durationSeconds(report),
    containers: report.containers.map(({ name, verdict, exitCode }) => ({ name, verdict, exitCode })),
  });
  const request = { request: 'sender data', data: [{ host: settings.host, key: settings.key, value }] };
  const answer = await exchange(settings, JSON.stringify(request));
  const failed = /failed: ([0-9]+)/.exec(answer)?.[1];
  if (failed !== '0') {
    const sentence = `Zabbix took no value for item ${settings.key} of host ${settings.host}; is there a trapper item?`;
    throw new DeliveryError(sentence, { permanent: true });
  }
}

/** Source: https://www.zabbix.com/documentation/current/en/manual/appendix/protocols/header_datalen */
const header = Buffer.from('ZBXD\x01', 'latin1');
const headerBytes = header.length + 8;

function exchange(settings: ZabbixSettings, text: string): Promise<string> {
  const body = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(body.length, 0);
  return new Promise((resolve, reject) => {
    const socket = connect(settings.port, settings.server);
    const pieces: Buffer[] = [];
    const fail = (reason: string, cause?: unknown) => {
      socket.destroy();
      const sentence = `Zabbix at ${settings.server}:${settings.port} cannot be reached: ${reason}`;
      reject(new DeliveryError(sentence, { permanent: false, cause }));
    };
    socket.setTimeout(limits.exchangeMs, () => fail('no answer in time'));
    socket.on('error', (error) => fail(errnoOf(error) ?? sentenceOf(error), error));
    socket.on('connect', () => socket.write(Buffer.concat([header, length, body])));
    socket.on('data', (piece) => {
      pieces.push(Buffer.from(piece));
      if (pieces.reduce((sum, { length: bytes }) => sum + bytes, 0) > limits.answerBytes)
        fail('its answer is endless');
    });
    socket.on('end', () => {
      socket.destroy();
      resolve(Buffer.concat(pieces).subarray(headerBytes).toString());
    });
  });
}
