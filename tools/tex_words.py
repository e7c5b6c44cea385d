"""The TeX commands that KaTeX, MathJax 2 and MathJax 3 all know without extra packages.

A command that is missing here may still be known to all three: look it up in KaTeX's
list of supported functions and in MathJax's table of commands, then add it.
"""
GREEK = """alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu
    xi pi varpi rho varrho sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta
    Lambda Xi Pi Sigma Upsilon Phi Psi Omega digamma varkappa"""
OPERATORS = """arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim
    liminf limsup ln log max min Pr sec sin sinh sup tan tanh sum prod coprod int iint iiint oint
    bigcap bigcup bigoplus bigotimes bigodot bigvee bigwedge biguplus bigsqcup limits nolimits
    bmod mod injlim projlim varliminf varlimsup"""
RELATIONS = """le leq ge geq ne neq lt gt ll gg lll ggg leqslant geqslant approx approxeq equiv sim
    simeq cong propto varpropto prec succ preceq succeq preccurlyeq succcurlyeq subset supset
    subseteq supseteq subsetneq supsetneq in ni notin mid nmid parallel nparallel perp vdash dashv
    models doteq asymp bowtie triangleq lesssim gtrsim lessapprox gtrapprox not to gets mapsto
    longmapsto leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow uparrow
    downarrow updownarrow Uparrow Downarrow longleftarrow longrightarrow longleftrightarrow
    Longleftarrow Longrightarrow Longleftrightarrow nearrow searrow swarrow nwarrow hookrightarrow
    hookleftarrow iff implies impliedby rightharpoonup rightleftharpoons leadsto curvearrowright
    circlearrowleft upharpoonright nleq ngeq nRightarrow nrightarrow therefore because"""
BINARY = """pm mp times div cdot ast star circ bullet oplus ominus otimes oslash odot cap cup uplus
    sqcap sqcup vee wedge land lor setminus smallsetminus wr amalg dagger ddagger diamond
    bigtriangleup triangleleft triangleright boxplus boxtimes"""
SYMBOLS = """infty partial nabla forall exists nexists neg lnot emptyset varnothing ell hbar imath
    jmath Re Im aleph wp prime backprime angle top bot triangle square Box blacksquare surd
    checkmark colon dots ldots cdots vdots ddots dotsb dotsc dotsm dotsi quad qquad intercal
    mho complement flat natural sharp clubsuit spadesuit heartsuit diamondsuit S P pounds"""
DELIMITERS = """langle rangle lfloor rfloor lceil rceil lvert rvert lVert rVert vert Vert lbrace
    rbrace lbrack rbrack backslash lgroup rgroup ulcorner urcorner"""
SIZES = """big Big bigg Bigg bigl bigr bigm Bigl Bigr Bigm biggl biggr biggm Biggl Biggr Biggm left
    right middle displaystyle textstyle scriptstyle scriptscriptstyle bf rm it cal tt sf
    hline begin end tag nonumber notag thinspace enspace negthinspace lq rq"""
ONE_ARGUMENT = """sqrt text textrm textbf textit texttt textsf mathrm mathbf mathbb mathcal mathfrak
    mathscr mathsf mathit mathtt mathop mathbin mathrel mathord mathopen mathclose mathpunct
    mathinner boldsymbol operatorname hat widehat tilde widetilde bar overline underline vec dot
    ddot dddot acute grave check breve mathring overbrace underbrace overrightarrow overleftarrow
    overleftrightarrow phantom hphantom vphantom smash boxed substack pmod xrightarrow xleftarrow
    mbox hbox"""
TWO_ARGUMENTS = """frac dfrac tfrac cfrac binom dbinom tbinom overset underset stackrel"""
SYMBOL_COMMANDS = set(",;:!>{}|\\%$#&_ ")  # \, \; and their like

ARGUMENTS = {**{name: 1 for name in ONE_ARGUMENT.split()}, **{name: 2 for name in TWO_ARGUMENTS.split()}}
TEXT_COMMANDS = {"text", "textrm", "textbf", "textit", "texttt", "textsf", "mbox", "hbox"}
KNOWN = SYMBOL_COMMANDS | set(ARGUMENTS) | set(
    " ".join([GREEK, OPERATORS, RELATIONS, BINARY, SYMBOLS, DELIMITERS, SIZES]).split())
DELIMITER = set("()[]|/.<>") | {"{", "}", "|"} | set(DELIMITERS.split()) | set(
    "uparrow downarrow updownarrow Uparrow Downarrow".split())
ENVIRONMENTS = set("""aligned alignedat gathered split array matrix pmatrix bmatrix Bmatrix vmatrix
    Vmatrix smallmatrix cases""".split())
