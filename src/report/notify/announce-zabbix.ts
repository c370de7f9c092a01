import { connect } from 'node:net';
import { DeliveryError } from '../../base/delivery-error.ts';
import { errnoOf, messageOf } from '../../base/fault.ts';
import { limits } from '../../base/limits.ts';
import { after } from '../../base/timer.ts';
import type { JobReport } from '../../observe/job-report.ts';
import type { ZabbixSettings } from '../../settings/destinations/zabbix-settings.ts';
import { durationSeconds } from './job-duration.ts';
import { readZabbixAnswer, type ZabbixAnswer } from './zabbix-answer.ts';

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
  if (answer === 'taken') return;
  const sentence =
    answer === 'refused'
      ? `Zabbix rejected the value for item ${settings.key} of host ${settings.host}; check that it is a trapper item`
      : `The server at ${settings.server}:${settings.port} is not a Zabbix server; check ZABBIX_SERVER`;
  throw new DeliveryError(sentence, { permanent: true });
}

/** Source: https://www.zabbix.com/documentation/current/en/manual/appendix/protocols/header_datalen */
const header = Buffer.from('ZBXD\x01', 'latin1');

function exchange(settings: ZabbixSettings, text: string): Promise<ZabbixAnswer> {
  const body = Buffer.from(text);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(body.length, 0);
  return new Promise((resolve, reject) => {
    const socket = connect(settings.port, settings.server);
    let bytes = Buffer.alloc(0);
    const fail = (reason: string, cause?: unknown) => {
      timer.cancel();
      socket.destroy();
      const sentence = `Cannot reach Zabbix at ${settings.server}:${settings.port}: ${reason}`;
      reject(new DeliveryError(sentence, { permanent: false, cause }));
    };
    const finish = (answer: ZabbixAnswer) => {
      timer.cancel();
      socket.destroy();
      resolve(answer);
    };
    // An idle timeout would never fire for a server that sends byte by byte.
    const timer = after(limits.exchangeMs, () => fail('no answer in time'));
    socket.on('error', (error) => fail(errnoOf(error) ?? messageOf(error), error));
    socket.on('connect', () => socket.write(Buffer.concat([header, length, body])));
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, Buffer.from(piece)]);
      const answer = readZabbixAnswer(bytes, limits.zabbixAnswerBytes);
      if (answer !== undefined) finish(answer);
    });
    socket.on('end', () => (bytes.length === 0 ? fail('it closed the connection') : finish(null)));
  });
}
