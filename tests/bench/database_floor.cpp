// The floor: librdkafka and libpq alone write a topic of JSON to a table, with the server's columns and 10,000 records
// in a transaction. It inspects no value and commits offsets automatically, whether or not their records are in the
// table.
//
// usage: database_floor BOOTSTRAP TOPIC GROUP RECORDS URL append|upsert|copy
//
// `copy` reads no Kafka at all: the same rows, from memory, as fast as libpq's COPY takes them.
#include <libpq-fe.h>
#include <librdkafka/rdkafka.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <string_view>

namespace {

constexpr long records_a_transaction = 10'000;

void set(rd_kafka_conf_t* conf, const char* name, const char* value) {
  std::array<char, 512> reason{};
  if (rd_kafka_conf_set(conf, name, value, reason.data(), reason.size()) == RD_KAFKA_CONF_OK) return;
  std::fprintf(stderr, "%s\n", reason.data());
  std::exit(2);
}

void run(PGconn* connection, const char* statement, ExecStatusType wanted = PGRES_COMMAND_OK) {
  auto* result = PQexec(connection, statement);
  if (PQresultStatus(result) != wanted) {
    std::fprintf(stderr, "%s: %s", statement, PQerrorMessage(connection));
    std::exit(1);
  }
  PQclear(result);
}

void append_escaped(std::string_view text, std::string& into) {
  for (const char c : text) {
    if (c == '\\' || c == '\n' || c == '\t' || c == '\r') into.push_back('\\');
    into.push_back(c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : c);
  }
}

/// Appends a row of the server's eight columns.
void append_columns(const char* topic, long partition, long offset, long ms, std::string_view value,
                    std::string& into) {
  std::array<char, 32> time{};
  const time_t seconds = ms / 1000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::strftime(time.data(), time.size(), "%Y-%m-%d %H:%M:%S", &parts);
  into.append(topic).push_back('\t');
  into.append(std::to_string(partition)).push_back('\t');
  into.append(std::to_string(offset)).push_back('\t');
  into.append(time.data()).append("+00\t\\N\t\\N\t");
  append_escaped(value, into);
  into.append("\t\\N\n");
}

void append_row(const rd_kafka_message_t* message, bool upsert, std::string& into) {
  const std::string_view value(static_cast<const char*>(message->payload), message->len);
  if (upsert) {
    into.append(std::to_string(std::strtol(value.data() + value.find(':') + 1, nullptr, 10))).push_back('\t');
    append_escaped(value, into);
    into.push_back('\n');
    return;
  }
  append_columns(rd_kafka_topic_name(message->rkt), message->partition, message->offset,
                 rd_kafka_message_timestamp(message, nullptr), value, into);
}

/// Writes one transaction.
void write(PGconn* connection, const std::string& rows, bool upsert) {
  run(connection, "BEGIN");
  run(connection, upsert ? "COPY staging FROM STDIN" : "COPY floor FROM STDIN", PGRES_COPY_IN);
  PQputCopyData(connection, rows.data(), static_cast<int>(rows.size()));
  PQputCopyEnd(connection, nullptr);
  auto* result = PQgetResult(connection);
  if (PQresultStatus(result) != PGRES_COMMAND_OK) {
    std::fprintf(stderr, "%s", PQerrorMessage(connection));
    std::exit(1);
  }
  PQclear(result);
  while ((result = PQgetResult(connection)) != nullptr) PQclear(result);
  if (upsert)
    run(connection,
        "INSERT INTO floor SELECT * FROM staging ON CONFLICT (id) DO UPDATE SET payload = excluded.payload");
  run(connection, "COMMIT");
}

/// Copies rows like those that fill_topic makes records for, of 200 bytes in 4 partitions.
void copy_only(PGconn* connection, long records) {
  std::string rows;
  for (long number = 0; number < records; ++number) {
    auto value = R"({"id":)" + std::to_string(number) + R"(,"amount":12.5,"currency":"EUR","note":")";
    value.append(198 - value.size(), 'x').append("\"}");
    append_columns("bench", number % 4, number / 4, 1'764'000'000'000 + number, value, rows);
    if ((number + 1) % records_a_transaction != 0 && number + 1 != records) continue;
    write(connection, rows, false);
    rows.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "usage: %s BOOTSTRAP TOPIC GROUP RECORDS URL append|upsert|copy\n", argv[0]);
    return 2;
  }
  const long wanted = std::strtol(argv[4], nullptr, 10);
  const bool upsert = std::string_view(argv[6]) == "upsert";
  auto* connection = PQconnectdb(argv[5]);
  if (upsert) {
    run(connection, "CREATE TABLE floor (id bigint PRIMARY KEY, payload jsonb)");
    run(connection, "CREATE TEMPORARY TABLE staging (LIKE floor) ON COMMIT DELETE ROWS");
  } else {
    run(connection,
        "CREATE TABLE floor (kafka_topic text, kafka_partition int, kafka_offset bigint, kafka_timestamp timestamptz, "
        "key bytea, headers jsonb, payload jsonb, value bytea)");
  }
  if (std::string_view(argv[6]) == "copy") {
    copy_only(connection, wanted);
    PQfinish(connection);
    return 0;
  }
  auto* conf = rd_kafka_conf_new();
  set(conf, "bootstrap.servers", argv[1]);
  set(conf, "group.id", argv[3]);
  set(conf, "auto.offset.reset", "earliest");
  std::array<char, 512> reason{};
  auto* client = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason.data(), reason.size());
  if (client == nullptr) {
    std::fprintf(stderr, "%s cannot start: %s\n", argv[0], reason.data());
    return 1;
  }
  rd_kafka_poll_set_consumer(client);
  auto* topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, argv[2], RD_KAFKA_PARTITION_UA);
  rd_kafka_subscribe(client, topics);
  rd_kafka_topic_partition_list_destroy(topics);
  auto* queue = rd_kafka_queue_get_consumer(client);
  std::array<rd_kafka_message_t*, records_a_transaction> batch{};
  std::string rows;
  long in_rows = 0;
  for (long done = 0; done < wanted;) {
    const auto count = rd_kafka_consume_batch_queue(queue, 1'000, batch.data(),
                                                    static_cast<std::size_t>(records_a_transaction - in_rows));
    for (long i = 0; i < count; ++i) {
      auto* message = batch[static_cast<std::size_t>(i)];
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        append_row(message, upsert, rows);
        ++in_rows;
      }
      rd_kafka_message_destroy(message);
    }
    if (in_rows < records_a_transaction && done + in_rows < wanted) continue;
    write(connection, rows, upsert);
    done += in_rows;
    in_rows = 0;
    rows.clear();
  }
  PQfinish(connection);
  rd_kafka_queue_destroy(queue);
  rd_kafka_consumer_close(client);
  rd_kafka_destroy(client);
  return 0;
}
