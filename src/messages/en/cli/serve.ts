// The start of the browser shell, and its pages for whoever is not signed in.
export const serveTexts = {
  serve: {
    ready: 'eBrainPool is at {{url}}',
    hint: 'Press Ctrl+C here to stop it. On the command line: bin/ebp --help',
    badFlag: 'The command line is wrong: {{why}}. “ebp serve --help” shows the flags.',
    noPage:
      'The page of eBrainPool was not built yet (out/renderer is missing). Run “npm start” once in the folder of eBrainPool; it builds everything and starts it.',
    root: 'Warning: eBrainPool runs as root. What runs for others runs as an unprivileged user all the same; better start it as an ordinary user.',
    alreadyRunning:
      'eBrainPool already runs with the profile {{profileDir}}. Use that one, or stop it with “ebp stop”.',
    alreadyRunningAt: 'eBrainPool already runs with the profile {{profileDir}}. It is at {{url}}',
    port: {
      taken: 'Port {{wanted}} is used by another program; the page is at port {{port}} instead.',
      'needs-root':
        'Port {{wanted}} is for root alone on this computer; the page is at port {{port}} instead. Choose one above 1023.',
    },
  },
  page: {
    signInTitle: 'This address needs a key',
    signInWhy:
      'eBrainPool runs here, and only the person who started it may use it. This browser does not have its key, or the address that you opened was used before: each works once.',
    signInHow:
      'Run `ebp open` in a terminal of this computer (`bin/ebp open` in a clone of the source). It opens eBrainPool with a new address.',
    refusedTitle: 'This request was refused',
    refusedWhy:
      'It did not come from eBrainPool’s own page, or it came under another name than 127.0.0.1 or localhost, or from another user of this computer.',
    refusedHow: 'Run `ebp open` in a terminal of this computer, or copy the address into the address bar.',
    arrivalTitle: 'eBrainPool',
    arrivalWait: 'Opening…',
  },
} as const;
