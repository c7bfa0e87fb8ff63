// SPDX-License-Identifier: Apache-2.0
// Streams: what is written is seen only when it is kept, and then completely. On a thread of the probe's own.
#include <algorithm>
#include <filesystem>
#include <thread>
#include <vector>

#include "wire.h"

namespace probe {

namespace fs = std::filesystem;
namespace v1 = pvs::v1;

namespace {

pvs_status write(Wire& wire, std::uint64_t id, std::string_view bytes) {
  return wire.host->stream_write(wire.ctx, id, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}
pvs_status close(Wire& wire, std::uint64_t id, bool keep) {
  return wire.host->stream_close(wire.ctx, id, keep ? 1 : 0);
}

/// Reads to the end, by a capacity that fits nothing.
pvs_status read_all(Wire& wire, std::uint64_t id, std::string& out) {
  std::vector<std::uint8_t> buffer(8191);
  while (true) {
    std::uint64_t got = 0;
    const pvs_status status = wire.host->stream_read(wire.ctx, id, buffer.data(), buffer.size(), &got);
    if (status != PVS_OK) {
      return status;
    }
    if (got == 0 || got > buffer.size()) {
      wire.results.add("streams.got", Results::Outcome::fail,
                       "PVS_OK with no byte, or with more than there is room for");
      return PVS_INTERNAL;
    }
    out.append(reinterpret_cast<const char*>(buffer.data()), got);
    if (out.size() > 64U << 20U) {
      return PVS_TOO_LARGE;
    }
  }
}

struct Created {
  std::uint64_t id = 0;
  fs::path path;
  std::string why;
};
Created create(Wire& wire, const v1::Context& context, const std::string& name) {
  v1::FileCreateRequest request;
  request.set_session_id(context.session_id());
  request.set_user_id(context.user_id());
  request.set_suggested_name(name);
  request.set_media_type("text/plain");
  v1::FileCreateReply reply;
  const pvs_status status = wire.ask(v1::METHOD_HOST_FILE_CREATE, request, reply);
  return {reply.created().stream_id(), reply.created().display_path(), told(status, reply.error())};
}

fs::path user_directory(Wire& wire, const v1::Context& context) {
  v1::DirectoriesRequest request;
  request.set_user_id(context.user_id());
  v1::DirectoriesReply reply;
  wire.ask(v1::METHOD_HOST_STORAGE_DIRECTORIES, request, reply);
  return reply.directories().user();
}

/// Files a person would see; a host may keep hidden ones for what is not finished.
std::size_t visible_files(const fs::path& directory) {
  std::error_code error;
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    count += entry.path().filename().string().starts_with('.') ? 0U : 1U;
  }
  return count;
}

void check_file(Wire& wire, const v1::Context& context) {
  Results& results = wire.results;
  const fs::path directory = user_directory(wire, context);
  const std::size_t before = visible_files(directory);
  const Created dropped = create(wire, context, "Pruefung.txt");
  if (dropped.id == 0) {
    return results.add("files.create", Results::Outcome::fail, dropped.why);
  }
  results.expect("files.write", write(wire, dropped.id, "halb") == PVS_OK, "an open stream takes no bytes");
  results.expect("files.invisible_before_keep", visible_files(directory) == before,
                 "a file is seen before its stream was closed with keep");
  results.expect("files.dropped", close(wire, dropped.id, false) == PVS_OK && visible_files(directory) == before,
                 "what was thrown away is still seen");
  results.expect("files.closed_is_closed",
                 write(wire, dropped.id, "x") == PVS_BAD_REQUEST && close(wire, dropped.id, true) == PVS_BAD_REQUEST,
                 "a closed stream takes bytes, or closes again");
  const Created kept = create(wire, context, "Pruefung.txt");
  const std::string block(100000, 'p');
  bool written = true;
  for (int i = 0; i < 20; ++i) {
    written = written && write(wire, kept.id, block) == PVS_OK;
  }
  results.expect("files.kept",
                 written && close(wire, kept.id, true) == PVS_OK && visible_files(directory) == before + 1,
                 "what was kept is not one more file in the user's directory");
  std::error_code error;
  results.expect("files.complete", fs::file_size(kept.path, error) == block.size() * 20,
                 "the file has not the bytes that were written, or is not where display_path says");
  results.expect(
      "files.private",
      (fs::status(kept.path, error).permissions() & (fs::perms::group_all | fs::perms::others_all)) == fs::perms::none,
      "other users of the machine may read the file");
  const Created second = create(wire, context, "Pruefung.txt");
  results.expect("files.never_replaced",
                 write(wire, second.id, "neu") == PVS_OK && close(wire, second.id, true) == PVS_OK &&
                     second.path != kept.path && fs::file_size(kept.path, error) == block.size() * 20,
                 "a second file of the same name replaced the first");
  fs::remove(kept.path, error);
  fs::remove(second.path, error);
}

void check_names(Wire& wire, const v1::Context& context) {
  const fs::path directory = user_directory(wire, context);
  for (const std::string& name :
       {std::string("../../../tmp/pvs-probe-escaped"), std::string("/tmp/pvs-probe-escaped"), std::string(".."),
        std::string(), std::string("a\nb\x1b[2J.txt"), std::string(5000, 'n'), std::string("x\0y.txt", 7),
        std::string("..\\..\\windows.txt"), std::string("\u202etxt.exe")}) {
    const Created file = create(wire, context, name);
    if (file.id == 0) {
      continue;  // refusing such a name is right, too
    }
    const bool kept = write(wire, file.id, "x") == PVS_OK && close(wire, file.id, true) == PVS_OK;
    std::error_code error;
    const std::string base = file.path.filename().string();
    const bool clean = std::none_of(base.begin(), base.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
    wire.results.expect("files.hostile_names", !kept || (file.path.parent_path() == directory && clean),
                        "a file name leads out of the user's directory, or keeps control characters");
    fs::remove(file.path, error);
  }
  wire.results.expect("files.nothing_escaped", !fs::exists("/tmp/pvs-probe-escaped"), "a file was made outside");
}

void check_bad_streams(Wire& wire, const v1::Context& context) {
  Results& results = wire.results;
  std::uint8_t byte = 0;
  std::uint64_t got = 0;
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{987654321}, ~std::uint64_t{0}}) {
    results.expect("streams.unknown",
                   wire.host->stream_read(wire.ctx, id, &byte, 1, &got) == PVS_BAD_REQUEST &&
                       write(wire, id, "x") == PVS_BAD_REQUEST && close(wire, id, true) == PVS_BAD_REQUEST,
                   "an unknown stream is not PVS_BAD_REQUEST");
  }
  const Created file = create(wire, context, "Pruefung.txt");
  results.expect("streams.null_buffers",
                 wire.host->stream_read(wire.ctx, file.id, nullptr, 10, &got) != PVS_OK &&
                     wire.host->stream_read(wire.ctx, file.id, &byte, 1, nullptr) != PVS_OK &&
                     wire.host->stream_write(wire.ctx, file.id, {nullptr, 10}) != PVS_OK,
                 "a null buffer is taken");
  results.expect("streams.write_only", wire.host->stream_read(wire.ctx, file.id, &byte, 1, &got) != PVS_OK,
                 "a stream for writing can be read");
  // Two threads at one stream: neither is lost, nothing breaks.
  std::vector<std::thread> writers;
  std::atomic<int> failures{0};
  for (int i = 0; i < 2; ++i) {
    writers.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        failures += write(wire, file.id, std::string(1000, 'w')) == PVS_OK ? 0 : 1;
      }
    });
  }
  for (std::thread& writer : writers) {
    writer.join();
  }
  std::error_code error;
  results.expect("streams.two_threads",
                 failures == 0 && close(wire, file.id, true) == PVS_OK && fs::file_size(file.path, error) == 400000,
                 "bytes of two threads are lost");
  fs::remove(file.path, error);
}

void check_documents(Wire& wire, const v1::Context& context) {
  Results& results = wire.results;
  v1::DocumentDeliverRequest request;
  request.set_session_id(context.session_id());
  request.set_title("Prüfbrief (künstlich)");
  request.set_media_type("text/plain");
  request.set_source("pruefung@example.invalid");
  request.mutable_patient_hint()->set_family_name("Niemand");
  const auto deliver = [&](v1::DocumentDeliverReply& reply) {
    return wire.ask(v1::METHOD_HOST_DOCUMENT_DELIVER, request, reply) == PVS_OK && reply.has_delivery();
  };
  const auto fetch = [&](const std::string& id, v1::DocumentFetchReply& reply) {
    v1::DocumentFetchRequest wanted;
    wanted.set_session_id(context.session_id());
    wanted.set_document_id(id);
    return wire.ask(v1::METHOD_HOST_DOCUMENT_FETCH, wanted, reply) == PVS_OK && reply.has_document();
  };
  v1::DocumentDeliverReply delivery;
  if (!deliver(delivery)) {
    return results.add("documents.deliver", Results::Outcome::fail, told(PVS_OK, delivery.error()));
  }
  const std::string& id = delivery.delivery().document_id();
  const std::string content = "Künstlicher Inhalt\n" + std::string(300000, 'd');
  v1::DocumentFetchReply early;
  results.expect("documents.invisible_before_keep",
                 write(wire, delivery.delivery().stream_id(), content) == PVS_OK && !fetch(id, early),
                 "a document is there before its stream was closed with keep");
  v1::DocumentFetchReply found;
  const bool there = close(wire, delivery.delivery().stream_id(), true) == PVS_OK && fetch(id, found);
  std::string read;
  const pvs_status end = there ? read_all(wire, found.document().content().stream_id(), read) : PVS_INTERNAL;
  results.expect("documents.deliver", there && end == PVS_END_OF_STREAM && read == content,
                 "a delivered document does not come back as it was");
  results.expect("documents.size", found.document().content().size() == content.size(), "the size is another");
  results.expect("documents.not_assigned", !found.document().has_patient(),
                 "a document was given to a patient without asking a person");
  std::uint8_t byte = 0;
  results.expect("streams.read_only",
                 write(wire, found.document().content().stream_id(), {reinterpret_cast<char*>(&byte), 1}) != PVS_OK,
                 "a stream for reading can be written");
  results.expect("streams.close_read", close(wire, found.document().content().stream_id(), false) == PVS_OK,
                 "a stream for reading does not close");
  v1::DocumentDeliverReply dropped;
  v1::DocumentFetchReply gone;
  results.expect("documents.dropped",
                 deliver(dropped) && write(wire, dropped.delivery().stream_id(), "x") == PVS_OK &&
                     close(wire, dropped.delivery().stream_id(), false) == PVS_OK &&
                     !fetch(dropped.delivery().document_id(), gone),
                 "a document that was thrown away is there");
  for (const std::string& unknown : {std::string(), std::string("../../etc/passwd"), std::string(100000, 'x')}) {
    results.expect("documents.unknown", !fetch(unknown, gone), "an unknown document is there");
  }
}

void check_choice(Wire& wire, const v1::Context& context) {
  v1::FileChooseRequest request;
  request.set_session_id(context.session_id());
  request.set_title("Prüfung: bitte irgendeine Datei wählen");
  v1::FileChooseReply reply;
  pvs_call_header header = wire.new_header(v1::METHOD_HOST_FILE_CHOOSE);
  header.flags = PVS_CALL_USER_PRESENT;
  const std::string bytes = request.SerializeAsString();
  const Answer answer = wire.raw(&header, {reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  if (answer.status != PVS_OK || !reply.ParseFromString(answer.bytes) || !reply.has_files()) {
    return wire.results.skip("files.choose", "es wurde keine Datei gewählt");
  }
  std::string read;
  const bool one = reply.files().file_size() == 1;
  const v1::FileRef& file = reply.files().file(0);
  wire.results.expect("files.choose", one && read_all(wire, file.stream_id(), read) == PVS_END_OF_STREAM,
                      "not one file, or it cannot be read to its end");
  wire.results.expect("files.choose_size", read.size() == file.size(), "the size told is not the size read");
  wire.results.expect("files.choose_name", !file.name().empty() && file.name().find('/') == std::string::npos,
                      "the name has a folder in it");
  static_cast<void>(close(wire, file.stream_id(), false));
}

}  // namespace

void check_streams(Wire& wire, const v1::Context& context) {
  check_file(wire, context);
  check_names(wire, context);
  check_bad_streams(wire, context);
  check_documents(wire, context);
  check_choice(wire, context);
}

}  // namespace probe
