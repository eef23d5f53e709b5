/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Carries the call: one WebSocket beside the page, sound by WebRTC. Everything is agreed on and
 * connected while it rings; the microphone is asked for when Answer is pressed, and opened when the
 * server says that the call is this page's. All words stand in the page. */
const RETRY_MS = [500, 1000, 2000];
const GRACE_MS = 15000; // how long the server waits for a page that lost its connection
const TICK_MS = 1000;

const by = id => document.getElementById(id);
const all = (selector, each) => document.querySelectorAll(selector).forEach(each);

let state = 'open', socket, peer, sender, microphone, resume = '', muted = false;
let begun = 0, lostAt = 0, tries = 0, ticker = 0, takes = 0;

// --- What is seen ---

function show(next) {
  state = document.body.dataset.state = next;
  all('[data-when]', part => { part.hidden = !part.dataset.when.split(' ').includes(next); });
}

function complain(problem) {
  all('[data-problem]', part => { part.hidden = part.dataset.problem !== problem; });
}

function durationText() {
  const seconds = Math.floor((performance.now() - begun) / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

function finish(reason) {
  if (state === 'done')
    return;
  clearInterval(ticker);
  complain();
  all('[data-end]', part => { part.hidden = part.dataset.end !== reason; });
  by('total').textContent = begun ? durationText() : '';
  show('done');
  drop();
}

function drop() {
  const old = socket;
  socket = undefined;
  old?.close(1000);
  microphone?.stop();
  microphone = undefined;
  peer?.close();
  peer = undefined;
  expectAnswer();
}

// The page itself says what became of a call that was not answered here.
function reload() {
  drop();
  location.replace(location.pathname);
}

// --- The sound ---

function say(message) {
  if (socket?.readyState === WebSocket.OPEN)
    socket.send(JSON.stringify(message));
}

async function offer(options) {
  const own = peer;
  await own.setLocalDescription(await own.createOffer(options));
  if (own === peer)
    say({ type: 'offer', sdp: own.localDescription.sdp });
}

function onPath() {
  if (peer?.connectionState === 'failed' && state === 'call')
    offer({ iceRestart: true });
  else if (peer?.connectionState === 'failed')
    giveUp('path');
}

// What helps the sound through a NAT or a firewall.
function nameServers(relay) {
  const servers = [];
  if (relay?.stun)
    servers.push({ urls: `stun:${relay.stun}` });
  const urls = [];
  if (relay?.turn)
    urls.push(`turn:${relay.turn}`);
  if (relay?.turn_tcp)
    urls.push(`turn:${relay.turn_tcp}?transport=tcp`);
  if (urls.length)
    servers.push({ urls, username: relay.user, credential: relay.password });
  return servers;
}

async function openPeer(relay) {
  peer?.close();
  expectAnswer();
  peer = new RTCPeerConnection({ iceServers: nameServers(relay) });
  sender = peer.addTransceiver('audio', { direction: 'sendrecv' }).sender;
  peer.addEventListener('track', event => {
    by('sound').srcObject = new MediaStream([event.track]);
  });
  peer.addEventListener('connectionstatechange', onPath);
  await offer();
}

// No answering here; the other choices stay.
function giveUp(problem) {
  complain(problem);
  show('choices');
  drop();
}

async function openMicrophone(id) {
  const stream = await navigator.mediaDevices.getUserMedia(
    { audio: id ? { deviceId: { exact: id } } : true });
  const [track] = stream.getAudioTracks();
  track.enabled = false;
  return track;
}

async function useMicrophone(track) {
  const own = peer;
  await sender.replaceTrack(track);
  if (own !== peer) { // the call went meanwhile
    track.stop();
    return;
  }
  if (microphone !== track)
    microphone?.stop();
  microphone = track;
  track.enabled = state === 'call' && !muted;
  track.addEventListener('ended', () => {
    if (track === microphone)
      complain('gone');
  });
}

function nameTrouble(error) {
  if (error.name === 'NotAllowedError' || error.name === 'SecurityError')
    return 'denied';
  return error.name === 'NotFoundError' || error.name === 'OverconstrainedError' ? 'absent' : 'in-use';
}

async function take() {
  const turn = ++takes;
  const goesOn = () => turn === takes && state === 'asking'; // nothing else happened meanwhile
  complain();
  if (!socket)
    connect();
  by('sound').play().catch(() => {}); // allowed from here on; there is nothing to hear yet
  show('asking');
  try {
    const track = await openMicrophone();
    if (!goesOn()) {
      track.stop();
      return;
    }
    microphone = track;
    await agreed;
    if (!goesOn())
      return;
    await useMicrophone(track);
    if (!goesOn())
      return;
  } catch (error) {
    if (goesOn()) {
      show('open');
      complain(nameTrouble(error));
    }
    return;
  }
  show('connecting');
  say({ type: 'answer' });
}

// --- The server's words ---

let agreed, settle; // our offer has its SDP answer

function expectAnswer() {
  if (!settle)
    agreed = new Promise(done => { settle = done; });
}

function begin() {
  begun = performance.now();
  show('call');
  microphone.enabled = !muted;
  by('call').focus();
  ticker = setInterval(tick, TICK_MS);
  listDevices();
}

const handlers = {
  async welcome(message) {
    resume = message.resume;
    tries = 0;
    lostAt = 0;
    if (!message.in_call) {
      await openPeer(message.relay);
      return;
    }
    complain();
    if (state === 'connecting')
      begin();
    if (peer.connectionState !== 'connected')
      await offer({ iceRestart: true });
  },
  async answer(message) {
    await peer.setRemoteDescription({ type: 'answer', sdp: message.sdp });
    settle?.();
    settle = undefined;
  },
  refused() {
    if (state !== 'call')
      giveUp('path');
  },
  answered: begin,
  ended(message) {
    if (state === 'call')
      finish(message.reason);
    else if (message.reason === 'taken-over') {
      complain('taken-over');
      drop();
      show('open');
    } else if (message.reason === 'failed')
      giveUp('path');
    else if (message.reason === 'too-many')
      giveUp('too-many');
    else
      reload();
  },
};

function connect() {
  const query = state === 'call' || state === 'connecting' ? `?resume=${resume}` : '';
  const own = new WebSocket(`wss://${location.host}${location.pathname}/socket${query}`);
  let queue = Promise.resolve();
  socket = own;
  own.addEventListener('message', event => {
    const message = JSON.parse(event.data);
    queue = queue.then(() => own === socket && handlers[message.type]?.(message));
  });
  own.addEventListener('close', () => {
    queue.then(() => own === socket && onClosed());
  });
}

function onClosed() {
  socket = undefined;
  if (state === 'done' || state === 'choices')
    return;
  lostAt ||= performance.now();
  if (performance.now() - lostAt > GRACE_MS) {
    if (state === 'call')
      finish('lost');
    else if (state === 'connecting')
      reload();
    else
      giveUp('path');
    return;
  }
  if (state === 'call')
    complain('lost');
  const after = RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)];
  setTimeout(() => { if (!socket && state !== 'done') connect(); }, after);
}

// --- In the call ---

function hangUp() {
  say({ type: 'hang-up' });
  finish('you-hung-up');
}

function mute() {
  muted = !muted;
  if (microphone)
    microphone.enabled = !muted;
  by('mute').setAttribute('aria-pressed', muted);
}

function press(digit) {
  const { dtmf } = sender;
  by('pressed').textContent = (by('pressed').textContent + digit).slice(-20);
  if (dtmf?.canInsertDTMF)
    dtmf.insertDTMF(dtmf.toneBuffer + digit, 160, 70);
  else
    say({ type: 'digit', digit });
}

function toggleKeypad() {
  const keypad = by('keypad');
  keypad.hidden = !keypad.hidden;
  by('keys').setAttribute('aria-expanded', !keypad.hidden);
}

const samples = []; // of the last five seconds

async function measure() {
  const sample = { lost: 0, got: 0, jitter: 0, rtt: 0, remote: 0 };
  (await peer.getStats()).forEach(report => {
    if (report.type === 'inbound-rtp' && report.kind === 'audio') {
      sample.lost = report.packetsLost || 0;
      sample.got = report.packetsReceived || 0;
      sample.jitter = (report.jitter || 0) * 1000;
    } else if (report.type === 'remote-inbound-rtp') {
      sample.rtt = (report.roundTripTime || 0) * 1000;
      sample.remote = report.fractionLost || 0;
    }
  });
  samples.push(sample);
  if (samples.length > 6)
    samples.shift();
  const lost = sample.lost - samples[0].lost, got = sample.got - samples[0].got;
  return { ...sample, loss: Math.max(lost / Math.max(lost + got, 1), sample.remote) };
}

async function tick() {
  by('duration').textContent = durationText();
  if (!peer)
    return;
  const { loss, rtt, jitter } = await measure();
  const quality = by('quality');
  const grade = loss > 0.08 || rtt > 600 || jitter > 100 ? 'poor'
    : loss > 0.02 || rtt > 300 || jitter > 40 ? 'fair' : 'good';
  quality.dataset.grade = grade;
  quality.textContent = `${quality.dataset[grade]} · ${Math.round(rtt)} ms · `
    + `${Math.round(loss * 100)} %`;
}

function fill(select, devices, current) {
  select.replaceChildren(...devices.map(device =>
    new Option(device.label || device.deviceId, device.deviceId, false,
      device.deviceId === current)));
}

async function listDevices() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  const sound = by('sound');
  const speakers = devices.filter(device => device.kind === 'audiooutput');
  fill(by('microphone'), devices.filter(device => device.kind === 'audioinput'),
    microphone?.getSettings().deviceId);
  fill(by('speaker'), speakers, sound.sinkId || 'default');
  by('speakers').hidden = !('setSinkId' in sound) || speakers.length === 0;
}

async function chooseMicrophone() {
  try {
    await useMicrophone(await openMicrophone(by('microphone').value));
    complain();
  } catch (error) {
    complain(nameTrouble(error));
    listDevices();
  }
}

async function chooseSpeaker() {
  try {
    await by('sound').setSinkId(by('speaker').value);
  } catch {
    listDevices();
  }
}

// --- Start ---

function start() {
  if (!window.RTCPeerConnection || !navigator.mediaDevices?.getUserMedia) {
    giveUp('unsupported');
    return;
  }
  by('take').addEventListener('click', take);
  by('hang-up').addEventListener('click', hangUp);
  by('mute').addEventListener('click', mute);
  by('keys').addEventListener('click', toggleKeypad);
  all('#keypad button', key => key.addEventListener('click', () => press(key.textContent)));
  by('microphone').addEventListener('change', chooseMicrophone);
  by('speaker').addEventListener('change', chooseSpeaker);
  navigator.mediaDevices.addEventListener('devicechange', () => state === 'call' && listDevices());
  addEventListener('keydown', event => {
    if (state === 'call' && /^[0-9*#]$/.test(event.key) && !event.ctrlKey && !event.altKey
        && !(event.target instanceof HTMLSelectElement))
      press(event.key);
  });
  addEventListener('pagehide', () => state === 'call' && say({ type: 'hang-up' }));
  show('open');
  connect();
}

start();
