/**
 * The few ideas that attacks on a model are made of (drop, orders, reveal, secret, persona …) and the words for them in
 * some fifteen languages. A word stands for at most one idea; `*` matches any ending. The ideas are features of the
 * trained model, which sees their order and distance: no word here, nor any pair, is ever a verdict of its own.
 */

const WORDS = {
  drop: `ignor* disregard* forget* forgot* neglect* overlook* omit* bypass* skip* overrid* overrul* discard* dismiss* abandon*
    disobey* unlearn* nullif* revok* supersed* circumvent* oblivious heed erase* wipe* overwrit* void cancel* reset*
    vergiss vergessen vergesse missacht* verwirf verwerf* uberspring* überspring* uberschreib* überschreib* umgeh* beachte befolge
    olvid* descart* omite desobedec* anula* oubli* neglig* abstraction desobei* efface* contourn* annul*
    dimentic* scart* trascur* tralasci* esquec* desconsider* descarte pule negeer* vergeet zignor* zapomnij pomin* odrzuc*
    игнорир* проигнорир* забудь забыть отбрось отмени пропусти ігнор* відкинь обойди abaikan lupakan ignorera glom strunta
    忽略 无视 忘记 忘掉 理会 忽视 抛弃 無視 忘れ 破棄 무시 잊 تجاهل انس اهمل unut yoksay görmezden gormezden dikkate अनदेखा भूल नज़रअंदाज़ quên phớt`,
  prior: `previous* prior preceding earlier foregoing original* initial* former aforementioned beforehand past existing
    vorherig* bisherig* vorig* obig* vorangegangen* fruher* früher* ursprunglich* ursprünglich* vorhergehend* zuvor
    anterior* previas previos iniciales precedent* anterieur* dessus precedenti antecedente* acima previa* sopra
    eerdere vorige bovenstaande voorgaande oorspronkelijke poprzedni* wczesniejsz* wcześniejsz* powyzsz* powyższ*
    предыдущ* прежн* вышеуказанн* ранее поперед* sebelumnya tidigare foregaende föregående önceki onceki yukarıdaki yukaridaki
    之前 以上 上面 前面 先前 以前 これまで 上記 이전 위의 앞선 السابقة أعلاه पिछले trước`,
  above: `above before beginning top start started starts begin begins foregone upward oberhalb arriba haut alto początku`,
  orders: `instruction* directive* command* order orders rule* guideline* prompt* guidance preprompt regulation* programming
    anweisung* instruktion* befehl* regel* vorgabe* richtlinie* instruccion* ordenes órdenes reglas indicacion* directric* normas
    consigne* ordres regles règles istruzion* regole direttiv* instruc* instruç* ordens regras diretriz* opdracht* instructies
    instrukcj* polecen* zasad* wytyczn* инструкц* указани* команд* правил* промпт* вказів* instruksi perintah aturan
    instruktioner regler talimat* komut* kural* yönerge* 指令 指示 命令 提示词 提示 规则 设定 ルール プロンプト 지시 명령 지침 규칙 프롬프트
    التعليمات الأوامر القواعد निर्देशों आदेशों नियमों`,
  limits: `restrict* limitation* limits constraint* filter* censor* policy policies safeguard* guardrail* ethic* moral* boundar*
    protocol* chains shackles inhibition* compliance legality laws einschrankung* einschränkung* restriccion* restrizion* ограничен* фильтр* 限制 过滤 制限 제한`,
  free: `unrestricted unfilter* uncensor* unbound unlimited jailbreak* jailbroken liberated freed unleash* unconstrained unethical amoral
    immoral unaligned lawless unmoderated limitless rogue nsfw unhinged uncontrolled untethered uninhibited freedom ungefiltert 越狱`,
  persona: `dan stan aim dude mongo omega evilbot machiavelli* chadgpt freegpt betterdan basedgpt antigpt evil alter twin maximum opposite dev alphabreak`,
  refuse: `refus* declin* apologi* disclaimer* moraliz* moralis* lectur* warn* hesitat* sorry deny reject* comply obey* obedien* judg*`,
  bad: `illegal* harmful* offensive dangerous* explicit inappropriate* violent* sexual* profan* disturbing forbidden controversial vulgar
    curse swear* hack* malware bomb meth weapon* drug* phishing exploit* steal virus ransom*`,
  model: `chatgpt gpt gpt4 openai ai ais assistant chatbot llm claude anthropic bard gemini llama copilot bot agent model ki ia assistent asistente 助手 模型 ИИ`,
  act: `act acting pretend* roleplay* role simulat* imagin* impersonat* become becoming behave persona emulate immerse hypothetical* fiction* scenario
    tu spiele stell simul* actua finge joue agis 扮演 假装 представь`,
  character: `character personality alias identity named called entity being nickname`,
  show: `show* reveal* display* leak* disclos* dump* expos* divulg* share unveil spill recit* list verrate zeig* nenne muestra revela dime affiche
    montre revele mostra rivela toon zeige podaj pokaz* pokaż wypisz покажи выведи раскрой скажи tampilkan göster goster 显示 告诉 输出 打印 表示 教えて 보여 알려 출력 اعرض أخبرني बताओ hiển`,
  say: `say* print* output* writ* respond* repl* answer* repeat* type typing echo state return* translat* spell* append concatenat* recite summari*
    paraphras* encode* decode* quote* verbatim wiederhole schreib* antworte gib escrib* repite responde ecris repete reponds scrivi ripeti rispondi
    escreva repita schrijf herhaal napisz powtorz powtórz напиши повтори ответь 重复 回答 繰り返 반복 اكتب`,
  only: `only just exactly nothing solely simply else instead merely nur solo seulement только`,
  hidden: `system hidden secret* confidential internal underlying initialization initialisation configuration config geheim* oculto secrete secret systeem*
    segret* тайн* секрет* системн* 系统 隐藏 秘密 システム 시스템 비밀 systemprompt sysprompt`,
  secret: `password* passphrase* passcode* passwort kennwort key keys code codes codeword pin credential* token contraseña contrasena motdepasse clave senha wachtwoord haslo hasło
    пароль 密码 密钥 パスワード 비밀번호 şifre sifre lösenord losenord`,
  grant: `access grant* permission* authoriz* authoris* unlock* verified verif* accepted approved admitted entered login authenticat* zugriff acceso acces accesso toegang dostęp доступ`,
  boss: `admin administrator* sudo root developer* creator* owner* superuser maintainer programmer engineer supervisor operator master sysadmin entwickler desarrollador 开发者 管理员`,
  mode: `mode modus modo override* debug* maintenance diagnostic* modus режим 模式 モード`,
  enable: `enabled enable activat* deactivat* disabl* engag* switch* initiat* enter entering`,
  fresh: `new updated revised actual real true latest neue neuen nueva nuevas nouvelle nouvelles nuove nova novas новая новые 新的`,
  task: `task* job mission objective goal* assignment* purpose duty request* aufgabe tarea tache compito`,
  text: `text message* conversation* sentence* word words paragraph context content* input* line lines chat dialogue prompt's`,
  user: `user users human customer reader`,
  system: `inst im_start im_end endoftext sys eos eot system_prompt start_header_id`,
  stop: `stop* halt* pause abort* end ends ended cease* terminate*`,
  now: `now henceforth onwards hereafter immediately ahora maintenant jetzt ora agora nu teraz теперь 现在 今から`,
  all: `all any every everything anything whatever whole entire each alle alles todo toda todas tout toutes tutte tutti все всё 所有 全部 すべて 모든`,
  not: `not never no dont don't cannot can't won't without nor none isn't doesn't nicht nie kein ohne nunca jamais sans sin не нет 不`,
  you: `you your yours yourself you're u du dein* tu tus ton tes vous votre sie ihr* 你 你的 あなた ты твои свои`,
  me: `i me my mine i'm im i'll ich mir mich yo mi je moi 我 мне`,
  do: `do does must should shall will can`,
  points: `points lives tokens credits die deducted deduct`,
  send: `send* forward* transfer* delete* upload* exfiltrat* email mail* execut* run runs download* click* visit* transmit* post`,
} as const;

export type Idea = keyof typeof WORDS;
export const IDEAS = Object.keys(WORDS) as Idea[];

export interface Lexicon {
  /** The number of the idea that a folded word stands for, from 1; 0 for none. */
  ideaOf(word: string): number;
  /** The same for the CJK run that starts at `at`: the longest entry wins. */
  ideaAt(text: string, at: number): number;
  knows(word: string): boolean;
}

const LONGEST_CJK = 5;
const SHORTEST_STEM = 3;

export const createLexicon = (): Lexicon => {
  const whole = new Map<string, number>();
  const stems = new Map<string, number>();
  let longestStem = 0;
  for (const [at, idea] of IDEAS.entries())
    for (const word of WORDS[idea].split(/\s+/)) {
      const stem = word.endsWith("*");
      const text = (stem ? word.slice(0, -1) : word)
        .normalize("NFKD")
        .replace(/[\u0300-\u036f]/g, "")
        .normalize("NFC")
        .toLowerCase();
      const target = stem ? stems : whole;
      if (text !== "" && !target.has(text)) target.set(text, at + 1);
      if (stem) longestStem = Math.max(longestStem, text.length);
    }
  const ideaOf = (word: string): number => {
    const exact = whole.get(word);
    if (exact !== undefined) return exact;
    for (let length = Math.min(word.length, longestStem); length >= SHORTEST_STEM; length--) {
      const idea = stems.get(word.slice(0, length));
      if (idea !== undefined) return idea;
    }
    return 0;
  };
  return {
    ideaOf,
    ideaAt: (text, at) => {
      for (let length = LONGEST_CJK; length > 0; length--) {
        const idea = whole.get(text.slice(at, at + length));
        if (idea !== undefined) return idea;
      }
      return 0;
    },
    knows: (word) => ideaOf(word) > 0,
  };
};
