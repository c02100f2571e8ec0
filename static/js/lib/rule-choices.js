/**
 * What the builder offers, out of the server's catalogue, and the first state of what is picked.
 *
 * @typedef {{kind: string, isInside: boolean, isBecame: boolean}} Place what may be asked here
 */

/** The catalogue of the page with its questions. */
export class Choices {
  /** @param {Object} catalogue @param {Object} texts */
  constructor(catalogue, texts) {
    Object.assign(this, catalogue);
    this.texts = texts;
  }

  /** @param {Object} node a comparison @returns {boolean} the catalogue holds what it asks */
  knows(node) {
    if (node.related) return node.related in this.paths;
    if (node.tag || node.grade) return true;
    return (node.fact ?? node.changed ?? node.stayed?.fact ?? node.rose_over?.fact) in this.facts;
  }

  /** @param {Object} fact @returns {Object[]} comparisons that it knows */
  operatorsOf(fact) {
    return this.operators[fact.type].filter((one) => fact.mayBeUnknown || !["known", "unknown"].includes(one.op));
  }

  /** Facts of a kind by heading. @param {Place} place @param {(fact: Object) => boolean} [wanted] @param {(key: string) => any} [make] */
  factGroups(place, wanted = () => true, make = (key) => this.newFact(key)) {
    const groups = new Map();
    for (const key of this.kinds[place.kind].facts) {
      const fact = this.facts[key];
      if (!wanted(fact) || (place.isBecame && !fact.mayBecome)) continue;
      if (!groups.has(fact.group)) groups.set(fact.group, []);
      groups.get(fact.group).push({ label: fact.label, hint: fact.source || fact.unit, value: make(key) });
    }
    return [...groups].map(([label, choices]) => ({ label, choices }));
  }

  /** Everything that may be added at a place. @param {Place} place @returns {Object[]} groups for the menu */
  everything(place) {
    const { texts } = this;
    const groups = this.factGroups(place);
    const related = this.kinds[place.kind].paths.map((key) => ({ label: this.paths[key].label, value: this.newRelated(key) }));
    const tags = this.tags.filter((one) => one.kind === place.kind).map((one) => ({ label: one.name, value: { tag: one.code, op: "is" } }));
    const schemes = this.schemes.filter((one) => one.kind === place.kind);
    const grades = schemes.map((one) => ({ label: one.name, value: { grade: one.code, op: "in", value: [] } }));
    const times = [
      ...(place.isInside ? [] : [{ label: texts.became, value: { became: { all: [] }, days: 30 } }, { label: texts.roseOver, value: "rose_over" }]),
      ...(place.isBecame ? [] : [{ label: texts.stayed, value: "stayed" }, { label: texts.changed, value: "changed" }]),
    ];
    const sets = [
      { label: texts.groupAll, value: { all: [] } },
      { label: texts.groupAny, value: { any: [] } },
      { label: texts.groupNot, value: { not: { all: [] } } },
    ];
    const more = [[texts.related, related], [texts.tags, tags], [texts.grades, grades], [texts.times, times], [texts.conditions, sets]];
    return [...groups, ...more.filter(([, choices]) => choices.length).map(([label, choices]) => ({ label, choices }))];
  }

  /** @param {string} key @returns {Object} a condition about the fact with its first comparison */
  newFact(key) {
    const fact = this.facts[key];
    const first = this.operators[fact.type].find((one) => one.op === ">=") ?? this.operators[fact.type][0];
    return { fact: key, ...this.newArguments(fact), op: first.op, ...this.newValue(fact.type, first.operands) };
  }

  /** @param {string} key @returns {Object} a condition about what a path leads to */
  newRelated(key) {
    return { related: key, ...this.newArguments(this.paths[key]), op: ">=", value: 1 };
  }

  /** @param {Object} asked fact or path @returns {{args?: Object}} */
  newArguments(asked) {
    if (!asked.parameters.length) return {};
    const usual = (one) => one.usual ?? { NUMBER: one.unit === "天" ? 365 : one.unit === "米" ? 100 : one.least, TEXT: this.tables[one.codes]?.[0]?.[0] ?? "" }[one.type] ?? [];
    return { args: Object.fromEntries(asked.parameters.map((one) => [one.name, usual(one)])) };
  }

  /** @param {string} type @param {number} operands @returns {{value?: any}} */
  newValue(type, operands) {
    if (operands === 0) return {};
    if (operands === -1) return { value: [] };
    const one = type === "NUMBER" ? 1 : "";
    return { value: operands === 2 ? [one, one] : one };
  }
}
