// The outbox: votes are kept (in this tab, also over a reload or a new sign-in) until the server has said "saved",
// and sent one at a time and in order. What becomes of a vote is told to the page, which alone knows what it shows.

export const MOST_UNSENT = 3;
const LONGEST_WAIT = 10; // seconds between two tries

/**
 * A vote is { record, ... }, for the rest as the page and the server want it. While it waits it is
 * also `tried` once it was sent, and `takenBack` when it is to be taken back as soon as the server has answered.
 *
 * name: under which the tab keeps the votes of one person and one queue.
 * post(vote): sends one and gives { status, page }; the status is 0 when no answer came.
 * on: what the page does about an answer: `stored`, `refused` and `givenBack` get the vote, which has left the
 *   outbox, and the page that was sent; `held` gets the answer that keeps the vote waiting.
 */
export function openOutbox(name, post, on) {
  const votes = JSON.parse(sessionStorage.getItem(name) || "[]");
  let busy = false;
  let wait = 0;
  let timer = 0;

  function remember() {
    if (votes.length) sessionStorage.setItem(name, JSON.stringify(votes));
    else sessionStorage.removeItem(name);
  }

  function add(vote) {
    votes.push(vote);
    remember();
  }

  function drop(vote) {
    votes.splice(votes.indexOf(vote), 1);
    remember();
  }

  async function send() {
    if (busy || !votes.length) return;
    clearTimeout(timer);
    busy = true;
    const vote = votes[0];
    vote.tried = true;
    remember();
    const answer = await post(vote);
    busy = false;
    const tell = { 200: on.stored, 404: on.refused, 409: on.refused, 403: on.givenBack, 422: on.givenBack }[answer.status];
    if (!tell) {
      hold(answer);
      return;
    }
    drop(vote);
    wait = 0;
    tell(vote, answer.page);
    send();
  }

  /** No answer, or none that says the vote is stored: it is sent again with its key, once signed in or by itself. */
  function hold(answer) {
    on.held(answer);
    if (answer.status === 401) return;
    wait = Math.min(wait ? wait * 2 : 1, LONGEST_WAIT);
    timer = setTimeout(send, wait * 1000);
  }

  /** Nothing is sent while `work` is under way. */
  async function pause(work) {
    busy = true;
    const answer = await work;
    busy = false;
    send();
    return answer;
  }

  /** The last vote not taken back yet, if any: gone from here when it was never sent, else marked `takenBack`. */
  function takeBack() {
    const vote = votes.findLast((one) => !one.takenBack);
    if (!vote) return undefined;
    if (vote.tried) {
      // It may be stored already, with an answer that did not arrive: only the server can take it back.
      vote.takenBack = true;
      remember();
    } else drop(vote);
    return vote;
  }

  return {
    get size() {
      return votes.length;
    },
    has: (record) => votes.some((vote) => vote.record === record),
    add,
    send,
    pause,
    takeBack,
  };
}
