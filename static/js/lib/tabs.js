/**
 * Tabs whose panels are all in the page: `data-tabs` around links `data-tab="claims"` and panels `data-tab-panel="claims"`.
 * The chosen tab stands in the URL (`?tab=claims`), so that a link, a reload and the back button show the same. Tabs that the
 * server renders one by one are plain links and need none of this.
 */

/** @param {HTMLElement} box @param {string} name */
function show(box, name) {
  for (const link of box.querySelectorAll("[data-tab]")) {
    if (link.dataset.tab === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  for (const panel of box.querySelectorAll("[data-tab-panel]")) panel.hidden = panel.dataset.tabPanel !== name;
  box.dispatchEvent(new CustomEvent("platform:tab", { bubbles: true, detail: { tab: name } }));
}

/** @param {HTMLElement} box */
function fromAddress(box) {
  const wanted = new URLSearchParams(location.search).get(box.dataset.tabs || "tab");
  const names = [...box.querySelectorAll("[data-tab-panel]")].map((panel) => panel.dataset.tabPanel);
  return names.includes(wanted) ? wanted : names[0];
}

/**
 * Binds every tab box under a node once.
 * @param {ParentNode} root
 */
export function startTabs(root) {
  for (const box of root.querySelectorAll("[data-tabs]")) {
    if (box.dataset.bound) continue;
    box.dataset.bound = "yes";
    box.addEventListener("click", (event) => {
      const link = event.target.closest("[data-tab]");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
      event.preventDefault();
      const url = new URL(location.href);
      url.searchParams.set(box.dataset.tabs || "tab", link.dataset.tab);
      history.pushState(history.state, "", url);
      show(box, link.dataset.tab);
    });
    addEventListener("popstate", () => box.isConnected && show(box, fromAddress(box)));
    show(box, fromAddress(box));
  }
}
