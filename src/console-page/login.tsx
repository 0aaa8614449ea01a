// Asks for a token, once: what is kept of it is a cookie that no page can read. Knows a form.
import { useDoing } from './parts.tsx';
import { act, introduce } from './server.ts';

/** The form. */
export function Login() {
  const { run, outcome } = useDoing();
  return (
    <main class="login">
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const token = new FormData(form).get('token')?.toString().trim() ?? '';
          form.reset();
          void run(async () => {
            await act('POST', '/session', { token });
            await introduce();
            return undefined;
          });
        }}
      >
        <h1>coredns-ts</h1>
        <p>
          This server wants a token: a line of its <code>tokens</code> file has the hash of it.
        </p>
        <label for="token">Token</label>
        <input id="token" name="token" type="password" required autocomplete="off" spellcheck={false} />
        <button type="submit" class="primary">
          Look
        </button>
        {outcome}
      </form>
    </main>
  );
}
