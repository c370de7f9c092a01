import type { IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import { limits } from '../../../base/limits.ts';
import { afterRunning } from '../../../base/timer.ts';

type Dial = Docker['modem']['dial'];
type Call = Parameters<Dial>[0];

/**
 * Bounds every call of a client but streams, which their readers bound. The client itself waits without limit, and for
 * ever where the connection is cut within an answer. A question that is cut off is asked again: it changes nothing.
 */
export function boundCalls(docker: Docker): Docker {
  const { modem } = docker;
  const dial: Dial = modem.dial.bind(modem);
  modem.dial = (call, callBack) => {
    if (call.isStream === true && call.hijack !== true) return dial(call, callBack);
    answerTo(dial, call).then(
      (answer) => callBack?.(null, answer as object),
      (error) => callBack?.(error, null),
    );
  };
  return docker;
}

async function answerTo(dial: Dial, call: Call): Promise<unknown> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask(dial, call);
    } catch (error) {
      const again = error instanceof CutAnswer && call.method === 'GET' && tries < limits.engineTries;
      if (!again) throw error;
    }
  }
}

class CutAnswer extends Error {}

async function ask(dial: Dial, call: Call): Promise<unknown> {
  const ms = call.method === 'POST' ? limits.engineWorkMs : limits.engineAnswerMs;
  const late = new AbortController();
  const timer = afterRunning(ms, () => late.abort());
  const abortSignal =
    call.abortSignal === undefined ? late.signal : AbortSignal.any([call.abortSignal, late.signal]);
  try {
    const found = await new Promise((resolve, reject) => {
      dial({ ...call, abortSignal, isStream: true }, (error, answer) =>
        error === null || error === undefined ? resolve(answer) : reject(error),
      );
    });
    return call.hijack === true ? found : await whole(found as IncomingMessage);
  } catch (error) {
    throw late.signal.aborted ? new Error(`it did not answer within ${ms / 1000} s`) : error;
  } finally {
    timer.cancel();
  }
}

/** As the client reads it: JSON, else bytes. */
async function whole(answer: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = [];
  let length = 0;
  try {
    for await (const piece of answer) {
      length += piece.length;
      if (length <= limits.engineAnswerBytes) pieces.push(piece as Buffer);
    }
  } catch (cause) {
    throw new CutAnswer('its answer was cut off', { cause });
  }
  if (length > limits.engineAnswerBytes)
    throw new Error(`its answer has more than ${limits.engineAnswerBytes} bytes`);
  const bytes = Buffer.concat(pieces);
  try {
    return JSON.parse(bytes.toString()) || bytes;
  } catch {
    return bytes;
  }
}
