// One Socket.IO server: everybody is in one room, and what one says goes to all. node socketio.js PORT REDIS_URL
"use strict";
const { createServer } = require("http");
const { Server } = require("socket.io");
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");

async function main(port, url) {
  const publisher = createClient({ url });
  const subscriber = publisher.duplicate();
  await Promise.all([publisher.connect(), subscriber.connect()]);
  const http = createServer();
  const io = new Server(http, { adapter: createAdapter(publisher, subscriber), perMessageDeflate: false });
  io.on("connection", (socket) => {
    socket.join("bench");
    socket.on("m", (text) => io.to("bench").emit("m", text));
  });
  http.listen(port, "127.0.0.1", 1024, () => console.log("ready"));
}

main(Number(process.argv[2]), process.argv[3]);
