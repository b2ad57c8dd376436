// A sound device that swallows what is played, at the pace at which it would be heard: programs want one, and nobody hears it yet.
import { existsSync } from 'node:fs';
import type { SandboxFile } from '../engine.ts';

const PERL = '/usr/bin/perl';

/**
 * Reads samples (its arguments: rate, channels, bits) as fast as they would be played, 20 ms at a time. ALSA's own null device takes
 * everything at once: a film would be over in a moment, and a game would fill a processor with silence.
 */
const swallow = `use strict; use Time::HiRes qw(time sleep);
my ($rate, $channels, $bits) = @ARGV;
my $piece = int($rate * $channels * $bits / 8 / 50) || 3840;
# F_SETPIPE_SZ: as little as may be on its way, so that the program's clock is right.
fcntl STDIN, 1031, 4096;
my $due = time;
while (1) {
  for (my $got = 0; $got < $piece; ) {
    my $count = sysread STDIN, my $samples, $piece - $got;
    exit unless $count;
    $got += $count;
  }
  my $now = time;
  # After a pause it does not catch up.
  $due = $now if $due < $now - 0.2;
  $due += 0.02;
  sleep $due - $now if $due > $now;
}
`;

/** asound.conf(5) of alsa-lib: the "file" plugin, which asks for the pace of whoever reads. There is nothing to record from. */
function asoundConf(canPace: boolean): string {
  const playback = canPace
    ? `type file
      slave.pcm { type null }
      file "| exec ${PERL} /run/ebp/conf/swallow %r %c %b"
      format raw`
    : 'type null';
  return `pcm.!default {
  type asym
  playback.pcm {
    type plug
    slave.pcm {
      ${playback}
    }
  }
}
`;
}

/** pulse-client.conf(5): the first program that wants PulseAudio starts it, where it is installed. It ends after the last one. */
const pulseClientConf = `autospawn = yes
daemon-binary = /usr/bin/pulseaudio
extra-arguments = -n --file=/run/ebp/conf/pulse.pa --exit-idle-time=10 --disable-shm=yes --realtime=no --high-priority=no --log-target=null
enable-shm = no
`;

const pulseScript = `load-module module-native-protocol-unix
load-module module-null-sink sink_name=silence rate=48000
`;

export function soundFiles(): readonly SandboxFile[] {
  return [
    { name: 'asound.conf', text: asoundConf(existsSync(PERL)), alsoAt: ['/etc/asound.conf'] },
    { name: 'swallow', text: swallow },
    { name: 'pulse-client.conf', text: pulseClientConf, alsoAt: ['/etc/pulse/client.conf'] },
    { name: 'pulse.pa', text: pulseScript },
  ];
}
