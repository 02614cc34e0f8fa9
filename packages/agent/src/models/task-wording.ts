// What a task's wording gives away: whether it asks for judgement or for programming, and in how many parts. Stems
// are matched at the beginning of a word, in languages written without spaces anywhere. Time is linear in the text,
// and of a very long one only the beginning and the end are read, where requests stand.

const READ_FROM_START_CHARS = 16_000;
const READ_FROM_END_CHARS = 4_000;

// In the lists below, `_` stands for a space within an entry and `$` for the end of a word.

/** Stems of words that ask to weigh, plan, design or find out. */
const JUDGEMENT = [
  // English
  "analys analyz compar contrast$ evaluat assess plan$ plans$ planning roadmap strateg design architect prove$ proof",
  "diagnos investigat optimis optimiz trade-off tradeoff recommend forecast prioriti critique root_cause pros_and_cons",
  // German
  "analysier vergleich bewert beurteil einschätz planen$ planung entwirf entwerf entwurf beweis untersuch optimier",
  "abwäg wäge$ vor-_und_nachteile empfiehl empfehl ursache priorisier",
  // French
  "analyse compar évalu planifi stratég concev conçoi conçu démontr optimis diagnosti recommand avantages_et_inconvénients",
  // Spanish, Portuguese, Italian
  "analiz anális analic compár evalú evalua planific estrateg diseñ demuestr optimiz diagnost recomiend ventajas_y",
  "analis avali planej estratég projetar demonstr otimiz recomend vantagens_e",
  "analizz analisi confront valutar valutaz pianific progett dimostr ottimizz consigl vantaggi_e",
  // Dutch, Polish
  "analyseer vergelijk beoordeel ontwerp bewijs onderzoek aanbevel voor-_en_nadelen",
  "przeanaliz analiz porówn oceń oszacuj zaplan zaprojekt udowodn zbad",
  // Russian, Ukrainian
  "анализ проанализ сравн оцени оценк спланир план$ стратег спроект докаж оптимиз исслед порівня аналіз",
  // Turkish, Arabic, Hindi
  "analiz_et karşılaştır değerlendir planla tasarla حلل تحليل قارن مقارنة قيّم خطة صمم विश्लेषण तुलना मूल्यांकन योजना",
];
/** Chinese, Japanese, Korean. */
const JUDGEMENT_ANYWHERE =
  "分析 比较 比較 对比 對比 评估 評估 評価 规划 規劃 计划 計畫 計画 策略 戦略 设计 設計 证明 證明 証明 优化 優化 最適化 検討 권장 분석 비교 평가 계획 전략 설계 증명 최적화";

const PROGRAMMING = [
  "source_code this_code my_code the_code refactor debug stack_trace stacktrace traceback unit_test regex sql$ implement",
  "javascript typescript python$ pull_request compil algorithm codebase",
  "quelltext quellcode programmier débogue code_source implément código_fuente este_código depura código-fonte codice_sorgente",
  "programmez исходный_код программир отлад алгоритм kod_źródłowy yazılım",
];
const PROGRAMMING_ANYWHERE =
  "代码 代碼 编程 程式 调试 算法 コード プログラム デバッグ 소스_코드 프로그래밍 디버그 ```";

/** Words that begin a further step. */
const SEQUENCE = [
  "then$ afterwards finally$ additionally und_dann danach anschließend zuletzt außerdem puis$ ensuite enfin$ luego después además",
  "depois$ além_disso poi$ inoltre infine daarna vervolgens następnie затем потом после_этого sonra ثم फिर",
];
const SEQUENCE_ANYWHERE = "然后 然後 接着 最后 その後 次に 最後に 그리고 그다음 마지막으로";

const judgement = wordPattern(JUDGEMENT, JUDGEMENT_ANYWHERE);
const programming = wordPattern(PROGRAMMING, PROGRAMMING_ANYWHERE);
const sequence = wordPattern(SEQUENCE, SEQUENCE_ANYWHERE, "g");
/** A run of marks is one question; the mark of a URL's query is none. */
const QUESTION = /(?:\?(?![\p{L}\p{N}=&%_])|[？؟])[?!？！؟]*/gu;
const LIST_ITEM = /^[ \t]{0,8}(?:[-*•–]|\d{1,2}[.)]|[a-z]\))[ \t]+\S/gmu;

export function asksForJudgement(text: string): boolean {
  return judgement.test(readable(text));
}

export function asksForProgramming(text: string): boolean {
  return programming.test(readable(text));
}

/** How many things are asked for, at least 1: questions, items of a list, or steps, whichever are most. */
export function countParts(text: string): number {
  const read = readable(text);
  const count = (pattern: RegExp) => read.match(pattern)?.length ?? 0;
  return Math.max(1, count(QUESTION), count(LIST_ITEM), 1 + count(sequence));
}

function readable(text: string): string {
  const cut =
    text.length <= READ_FROM_START_CHARS + READ_FROM_END_CHARS
      ? text
      : `${text.slice(0, READ_FROM_START_CHARS)}\n${text.slice(-READ_FROM_END_CHARS)}`;
  return cut.normalize("NFC").toLowerCase();
}

function wordPattern(stems: readonly string[], anywhere: string, flags = ""): RegExp {
  const alternatives = (words: string) =>
    words.split(" ").map((word) => word.replaceAll("_", " ").replace(/\$$/, "(?![\\p{L}\\p{N}])"));
  const [atWordStart, within] = [stems.flatMap(alternatives), alternatives(anywhere)];
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${atWordStart.join("|")})|${within.join("|")}`, `u${flags}`);
}
