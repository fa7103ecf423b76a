// Tells what others do to the page that is open. Nothing moves by itself, and nothing that is typed is touched.
"use strict";

(() => {
  const line = () => document.getElementById("live"); // what is shown in its place has a newer mark
  if (!line()) {
    return;
  }
  const EVERY = 10_000; // milliseconds
  const WHILE_HEARD = 60_000; // what the stream does not tell: a dispute across articles may change in the other one
  const TOGETHER = 300; // a change often comes with others
  const AT_MOST = 300_000;
  let pause = EVERY;
  let known = "";
  let later = 0;
  let hasEnded = false;
  let stream = null; // tells that something has changed, so that the page need not ask so often

  const say = (text) => {
    if (line().textContent !== text) {
      line().textContent = text;
    }
  };

  // The cards' words lie over their edges, so that nothing moves.
  const tell = (news) => {
    const told = news.querySelector("p");
    if (line().textContent !== (told?.textContent ?? "")) {
      line().replaceChildren(...(told?.childNodes ?? []));
    }
    document.querySelectorAll(".card > .news").forEach((old) => old.remove());
    news.querySelectorAll("li").forEach((item) => {
      const words = document.createElement("p");
      words.className = "news";
      words.append(...item.childNodes);
      document.getElementById(`statement-${item.dataset.statement}`)?.append(words);
    });
  };

  const ask = async () => {
    const headers = { Accept: "text/html", ...(known && { "If-None-Match": known }) };
    const answer = await fetch(line().dataset.address, { headers, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) {
      hasEnded = true;
      say(line().dataset.ended);
    } else if (answer.status === 200) {
      known = answer.headers.get("ETag") ?? "";
      tell(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } else if (answer.status !== 304) {
      throw new Error(`${answer.status} from ${line().dataset.address}`);
    }
  };

  const poll = async () => {
    clearTimeout(later);
    if (document.hidden || hasEnded) {
      return;
    }
    try {
      await ask();
      pause = stream?.readyState === EventSource.OPEN ? WHILE_HEARD : EVERY;
    } catch {
      pause = Math.min(2 * pause, AT_MOST);
    }
    pollIn(pause);
  };
  const pollIn = (time) => {
    clearTimeout(later);
    later = setTimeout(poll, time);
  };

  // A stream takes a place on the server, so only a page that is seen has one. Where there is no place, it polls.
  const listen = () => {
    stream?.close();
    stream = document.hidden || hasEnded ? null : new EventSource(line().dataset.stream);
    stream?.addEventListener("message", () => pollIn(TOGETHER));
    stream?.addEventListener("error", () => pause === WHILE_HEARD && pollIn((pause = EVERY)));
  };

  const touched = new WeakSet(); // forms, also those in which something was only chosen
  document.addEventListener("input", ({ target }) => target.form && touched.add(target.form));
  const differs = (field) =>
    touched.has(field.form) || (field.type !== "hidden" && field.value !== field.defaultValue);
  const hasTyped = (part) => [...part.querySelectorAll("main input, main textarea")].some(differs);

  // A page that nothing is typed on is read again where it stands. On another, only cards without a word of the user's
  // are renewed. A listener of "shownews" that knows a better way prevents this one.
  const show = async () => {
    const margin = document.querySelector(".margin");
    if (!document.dispatchEvent(new CustomEvent("shownews", { cancelable: true }))) {
      return;
    }
    if (!hasTyped(document)) {
      desk.kept.set("margin", `${location.pathname} ${margin?.scrollTop ?? 0}`);
      location.reload();
      return;
    }
    const fresh = await desk.page(location.href);
    document.querySelectorAll(".card:has(> .news)").forEach((card) => {
      const now = fresh.getElementById(card.id);
      if (now && !hasTyped(card)) {
        card.replaceWith(now);
      }
    });
    say(line().dataset.typed);
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("#live a")) {
      event.preventDefault();
      (desk.current() ?? document.getElementById("main")).focus({ preventScroll: true }); // the link goes away
      show();
    }
  });

  const [path, scrolled] = (desk.kept.get("margin") ?? "").split(" ");
  if (path === location.pathname) {
    document.querySelector(".margin").scrollTop = scrolled;
  }
  desk.kept.set("margin", "");
  document.addEventListener("visibilitychange", () => {
    listen();
    poll();
  });
  listen();
  pollIn(EVERY);
})();
