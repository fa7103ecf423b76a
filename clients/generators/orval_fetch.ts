/** Sends each request of the client that orval generates: it has no setting for the address and the token. */
export async function send<T>(path: string, init: RequestInit): Promise<T> {
  const headers = { ...init.headers, Authorization: `Bearer ${process.env.TOKEN}` };
  const answer = await fetch(`${process.env.SERVER}${path}`, { ...init, headers });
  return { status: answer.status, data: await answer.json(), headers: answer.headers } as T;
}
