// The few words of Perl in which the probes of a container are written: attempts that print what the kernel said.
import { RULES } from '../../src/core/container/engines/bubblewrap/seccomp-rules.ts';

/** Calls that the filter lets through and the probes make: their numbers on x86_64 and on aarch64. */
const OTHER_CALLS: Readonly<Record<string, readonly [number, number]>> = {
  capset: [126, 91],
  getsid: [124, 156],
  inotify_add_watch: [254, 27],
  inotify_init1: [294, 26],
  mknodat: [259, 33],
  pidfd_open: [434, 434],
  prctl: [157, 167],
  setgid: [106, 144],
  setgroups: [116, 159],
  setuid: [105, 146],
};

const words = `use strict; use Errno; use Fcntl; use POSIX (); use Socket;
our (%nr, %fact);
$SIG{ALRM} = sub { print "no answer"; POSIX::_exit(1) }; alarm 20; $| = 1;
sub name_of_error { my $number = $! + 0; for my $name (sort keys %!) { $! = $number; return $name if $!{$name} } "error $number" }
sub told { print $_[0] ? 'succeeded' : name_of_error() }
sub found { print $_[0] ? 'succeeded' : 'nothing' }
sub each_of { my ($try, @things) = @_; my %seen;
  for my $thing (@things) { $! = 0; if ($try->($thing)) { print "succeeded: $thing"; return } $seen{name_of_error()} = 1 }
  print join ' or ', sort keys %seen }
sub tried { my @tries = @_; each_of(sub { $tries[$_[0]]->() }, 0 .. $#tries) }
sub result_of { my ($name, @given) = @_; defined $nr{$name} or die "no number of $name"; syscall($nr{$name}, @given) }
sub call { result_of(@_) != -1 }
sub contents_of { open(my $file, '<', $_[0]) or return ''; local $/; <$file> // '' }
sub lines_of { open(my $file, '<', $_[0]) or return (); my @lines = <$file>; @lines }
sub can_read { my $file; open($file, '<', $_[0]) && defined sysread($file, my $byte, 1) }
sub can_list { opendir(my $folder, $_[0]) }
sub can_write { my $file; sysopen($file, $_[0], O_WRONLY | O_CREAT, 0600) && defined syswrite($file, 'x') }
sub can_connect { my $socket; socket($socket, $_[1] // AF_UNIX, SOCK_STREAM, 0) && connect($socket, $_[0]) }
sub mount_has { my ($path, @flags) = @_; my ($line) = grep { (split)[4] eq $path } lines_of('/proc/self/mountinfo');
  my %has = map { $_ => 1 } split /,/, (split ' ', $line)[5]; !grep { !$has{$_} } @flags }
sub own_terminal { POSIX::setsid(); sysopen(my $main, '/dev/ptmx', O_RDWR) or die "ptmx: $!"; our $keep = $main;
  my ($unlock, $number) = (pack('i', 0)) x 2;
  ioctl($main, 0x40045431, $unlock); ioctl($main, 0x80045430, $number);
  sysopen(my $terminal, '/dev/pts/' . unpack('i', $number), O_RDWR) or die "pts: $!"; $terminal }
sub netlink { my ($type, $flags, $body) = @_; socket(my $socket, 16, 3, 0) or return 0;
  send($socket, pack('LSSLL', 16 + length $body, $type, $flags, 1, 0) . $body, 0) or return 0; recv($socket, my $answer, 8192, 0);
  my ($answered, $error) = (unpack('x4 S', $answer), unpack('x16 l', $answer)); return 1 if $answered != 2 || $error == 0; $! = -$error; 0 }
`;

/** A whole program: the words, the numbers of calls on this computer, what is known of the owner, and the probe. */
export function perlProgram(
  facts: Readonly<Record<string, string | number | readonly string[]>>,
  script: string,
): string {
  const pick = process.arch === 'arm64' ? 1 : 0;
  const numbers = [...Object.entries(OTHER_CALLS), ...RULES.flatMap(({ calls }) => Object.entries(calls))].flatMap(
    ([name, pair]) => (pair[pick] === null ? [] : [`${name} => ${pair[pick]}`]),
  );
  const known = Object.entries(facts).map(([name, value]) => {
    const text = typeof value === 'string' || typeof value === 'number' ? quote(value) : `[${value.map(quote)}]`;
    return `${name} => ${text}`;
  });
  return `${words}%nr = (${numbers.join(', ')});\n%fact = (${known.join(', ')});\n${script};\n`;
}

const quote = (value: string | number) => `'${String(value).replaceAll(/['\\]/g, '\\$&')}'`;
