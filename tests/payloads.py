"""What somebody might type where an expression or a text may stand, and a watch over what Python then does.

Each payload would run code, read what it must not, or eat memory, were it ever evaluated as Python, as a template or
by one of the languages of other engines. CANARY names a value of the environment, SENTINEL a file: neither may show up.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CANARY = "canary-3f1d9c"
SENTINEL = Path("/tmp/owned")  # noqa: S108 - named in the payloads; it must not come to be

# Each would run code, read what it must not, or eat memory, were it ever evaluated as Python or as a template.
PAYLOADS = [
    "__import__('os').system('touch /tmp/owned')",
    "__builtins__['eval']('1')",
    "__builtins__",
    "().__class__.__bases__[0].__subclasses__()",
    "''.__class__.__mro__[1].__subclasses__()",
    "[].__class__",
    "a.__class__",
    "a['__class__']",
    "a.__init__.__globals__",
    "a['__init__']['__globals__']",
    "f.__globals__",
    "f.func_globals",
    "f.__code__",
    "f.__closure__",
    "f.__call__()",
    "eval('1')",
    "exec('1')",
    "compile('1', '', 'eval')",
    "open('/etc/passwd').read()",
    "open('/etc/passwd')",
    "input()",
    "globals()",
    "locals()",
    "vars()",
    "dir()",
    "getattr(a, 'x')",
    "setattr(a, 'x', 1)",
    "type(a)",
    "object()",
    "breakpoint()",
    "help()",
    "exit()",
    "quit()",
    "memoryview(b'')",
    "bytearray(1000000000)",
    "range(1000000000)",
    "list(range(1000000000))",
    "sorted([1])",
    "map(f, [1])",
    "lambda: 1",
    "(lambda: 1)()",
    "[x for x in (1,)]",
    "{x for x in (1,)}",
    "(x for x in (1,))",
    "x := 1",
    "(x := 1)",
    "import os",
    "a = 1; b = 2",
    "def f(): pass",
    "class A: pass",
    "del a",
    "assert a",
    "raise a",
    "yield a",
    "await a",
    "f'{a}'",
    "f\"{__import__('os')}\"",
    "b'x'",
    "'{0.__class__}'.format(a)",
    "'%s' % a",
    "'a' * 1000000000",
    "[1] * 1000000000",
    "9 ** 9 ** 9",
    "10 ** 1000000",
    "1 << 1000000",
    "~1",
    "1 @ 2",
    "a[0:1000]",
    "*a",
    "**a",
    "len(*a)",
    "str(a)",
    "str(f)",
    "${T(java.lang.Runtime).getRuntime().exec('id')}",
    "${''.getClass().forName('java.lang.Runtime')}",
    "#{execution.setVariable('x', 1)}",
    "${runtimeService.createProcessInstanceQuery()}",
    "{{7*7}}",
    "{% import os %}",
    "<%= 7 * 7 %>",
    "`id`",
    "$(id)",
    "1\x00+1",
    "a\n; import os",
    "\u212ainput()",
    "ｅｖａｌ('1')",
    "𝓮𝓿𝓪𝓵('1')",
    "str.__class__",
    "len.__self__",
    "len.x",
    "get(f, '__globals__')",
    "get(a, '__class__', 1).__bases__",
    "date.today()",
    "date.__subclasses__()",
    "contains.__globals__['os']",
    "'\\N{DIGIT ONE}'",
    "'" + "\\x41" * 10 + "'",
    "'{0.__init__.__globals__}'.format(a) + '{a.__class__.__mro__}'",
    "'{a.__class__.__init__.__globals__[os].environ}'.format_map({'a': a})",
    "str.format('{0.__class__}', a)",
    "(a.b for a in b)",
    "[*a]",
    "{**a}",
    "a if (b := a) else b",
    "f'{a!r:{b}}'",
    "9 * 9 * 9 ** 99999999",
    "[[[[a,a,a],[a,a,a]],[[a,a,a],[a,a,a]]]] * 100000",
    "[" * 900 + "]" * 900,
    "(" * 400 + "1" + ")" * 400,
    "a" + "[a" * 300 + "]" * 300,
    "matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', '^(a+)+$')",
    "replace('aaaaaaaaaaaaaaaaaaaaaaaa', '(a|aa)+$', 'x')",
    "${${env:CANARY}}",
    "${${lower:j}ndi:ldap://127.0.0.1/a}",
    "${jndi:ldap://127.0.0.1:1389/a}",
    "${env:CANARY}",
    "${sys:java.version}",
    "${file:UTF-8:/etc/passwd}",
    "${script:javascript:java.lang.Runtime.getRuntime().exec('id')}",
    "${@java.lang.Runtime@getRuntime().exec('id')}",
    "%{(#a=@java.lang.Runtime@getRuntime()).exec('id')}",
    "#{T(java.lang.System).getenv()}",
    "#{''.class.forName('java.lang.Runtime').getMethod('exec')}",
    "${pageContext.request.getSession()}",
    "${applicationScope}",
    "*{T(java.lang.Runtime).getRuntime()}",
    "__${T(java.lang.Runtime)}__::.x",
    "{{ config.__class__.__init__.__globals__['os'].environ['CANARY'] }}",
    "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "{% for x in range(999999999) %}{% endfor %}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "<#assign x='freemarker.template.utility.Execute'?new()>${x('id')}",
    "#set($x='')$x.getClass().forName('java.lang.Runtime')",
    "<script>alert(1)</script>",
    "<!--#exec cmd='id' -->",
    "=cmd|'/c calc'!A0",
    "'; drop table instance; --",
    "os.environ['CANARY']",
    "os.environ.get('CANARY')",
    "getenv('CANARY')",
    "print(open('/etc/passwd').read())",
    "eval(compile('1', 'x', 'eval'))",
    "importlib.import_module('os')",
    "import('os')",
    "require('child_process').execSync('id')",
    "this.constructor.constructor('return process')()",
    "builtins.open('/etc/passwd')",
    "sys.modules['os']",
    "f.__self__.__dict__",
    "a | attr('__class__')",
    "for x in [1] return open('/etc/passwd')",
    "function(x) external { java: { class: 'java.lang.Math' } }",
    "some x in a satisfies open(x)",
]

WATCHED = frozenset(
    {
        *(
            "exec",
            "compile",
            "import",
            "open",
            "ctypes.dlopen",
            "socket.connect",
            "socket.getaddrinfo",
            "marshal.loads",
        ),
        *("os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty", "os.putenv", "os.listdir"),
        *(
            "os.remove",
            "os.rename",
            "os.mkdir",
            "os.chmod",
            "os.kill",
            "pty.spawn",
            "subprocess.Popen",
            "pickle.find_class",
        ),
        *(
            "urllib.Request",
            "http.client.connect",
            "shutil.copyfile",
            "shutil.rmtree",
            "builtins.input",
            "sys._getframe",
        ),
    }
)
_state: dict[str, Any] = {"thread": None, "seen": []}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _state["thread"] == threading.get_ident() and event in WATCHED:
        _state["seen"].append((event, str(arguments)[:200]))


sys.addaudithook(_hook)  # it stays for the life of the process, and does nothing while nobody watches


@contextmanager
def watched() -> Iterator[list[tuple[str, str]]]:
    """Give the list of what this thread does meanwhile that no payload may make it do."""
    seen: list[tuple[str, str]] = []
    _state.update(thread=threading.get_ident(), seen=seen)
    try:
        yield seen
    finally:
        _state.update(thread=None, seen=[])


def leaks(*shown: Any) -> list[str]:
    """What of the secrets stands in the texts of these values: the canary, the passwords file, a Python object."""
    text = " ".join(map(str, shown))
    signs = (CANARY, "root:x:0", "<class '", "<built-in", "<module '", "<function ", " object at 0x")
    return [sign for sign in signs if sign in text]
