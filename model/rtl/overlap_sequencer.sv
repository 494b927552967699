// The state machine of an array whose tiles overlap: loads and streams are started by themselves, a
// tile's load at the earliest with the stream of the tile before it.
//
// A load takes ROWS cycles and fills one of the two weight banks, bank 0 first. A stream takes
// t_count + G + H - 2 cycles, as without overlap. With OVERLAP 1 the next one follows it; with
// OVERLAP 2 the next one may start as soon as the last row of A has entered, and several tiles are
// on their way at once.
module overlap_sequencer #(
    parameter int ROWS = 4,
    parameter int COLS = 4,
    parameter int OVERLAP = 1,  // 1 load, 2 full
    parameter int COUNT_WIDTH = 32
) (
    input logic clk,
    input logic rst,  // asynchronous, active high

    input logic [COUNT_WIDTH-1:0] fill_cycles,  // G + H - 1

    input  logic load_start,  // starts a load at a clock edge with `load_ready` on
    output logic load_ready,
    output logic loading,
    output logic load_bank,  // that is filled, or will be next
    output logic [COUNT_WIDTH-1:0] load_cycle,  // 0-based

    input  logic                   start,        // starts a stream at a clock edge with `ready` on
    input  logic [COUNT_WIDTH-1:0] t_count,
    output logic                   ready,
    output logic                   streaming,
    output logic [COUNT_WIDTH-1:0] phase_cycle,  // since the latest stream began
    output logic                   drain,

    output logic                   weight_select,  // on: bank 0; changes as a stream begins
    output logic                   output_valid,
    output logic [COUNT_WIDTH-1:0] output_row
);
  localparam int RowWidth = ROWS > 1 ? $clog2(ROWS) : 1;
  logic [RowWidth-1:0] load_row;
  assign load_cycle = COUNT_WIDTH'(load_row);

  logic waiting;  // a tile's load has begun, its stream has not
  logic load_ends, load_begins, stream_ends, stream_begins, stream_is_free;
  assign load_ends = loading && load_row == RowWidth'(ROWS - 1);
  assign ready = waiting && (!loading || load_ends) && (!streaming || stream_is_free);
  assign stream_begins = ready && start;
  assign load_ready = !waiting || stream_begins;
  assign load_begins = load_ready && load_start;

  always_ff @(posedge clk or posedge rst) begin
    if (rst) begin
      waiting <= 1'b0;
      loading <= 1'b0;
      load_row <= '0;
      load_bank <= 1'b0;
    end else begin
      waiting <= load_begins || (waiting && !stream_begins);
      loading <= load_begins || (loading && !load_ends);
      load_row <= load_begins || !loading || load_ends ? '0 : load_row + 1'b1;
      load_bank <= load_bank ^ load_ends;
    end
  end

  logic [COUNT_WIDTH-1:0] rows;  // of A in the latest tile
  assign stream_ends = streaming && phase_cycle == rows + fill_cycles - COUNT_WIDTH'(2);

  always_ff @(posedge clk or posedge rst) begin
    if (rst) begin
      streaming <= 1'b0;
      phase_cycle <= '0;
      rows <= '0;
      drain <= 1'b0;
      weight_select <= 1'b0;
    end else begin
      streaming <= stream_begins || (streaming && !stream_ends);
      phase_cycle <= stream_begins || !streaming || stream_ends ? '0 : phase_cycle + 1'b1;
      if (stream_begins) rows <= t_count;
      drain <= stream_ends;
      weight_select <= weight_select ^ stream_begins;
    end
  end

  logic last_row;  // of its tile, at the south edge
  if (OVERLAP == 1) begin : streams_apart
    assign stream_is_free = stream_ends;
    assign output_valid = drain || (streaming && phase_cycle >= fill_cycles);
    assign last_row = drain;
  end else begin : streams_overlap
    // Which rows are on their way: stage i is what entered i + 1 cycles ago.
    localparam int Stages = ROWS + COLS - 1;
    localparam int IndexWidth = Stages > 1 ? $clog2(Stages) : 1;
    logic [Stages-1:0] is_row, is_last;
    logic enters, last_enters;
    assign enters = streaming && phase_cycle < rows;
    assign last_enters = streaming && phase_cycle == rows - 1'b1;
    assign stream_is_free = phase_cycle >= rows - 1'b1;

    always_ff @(posedge clk or posedge rst) begin
      if (rst) begin
        is_row  <= '0;
        is_last <= '0;
      end else begin
        is_row  <= Stages'({is_row, enters});
        is_last <= Stages'({is_last, last_enters});
      end
    end

    logic [IndexWidth-1:0] south;
    assign south = IndexWidth'(fill_cycles - 1'b1);
    assign output_valid = is_row[south];
    assign last_row = is_last[south];
  end

  always_ff @(posedge clk or posedge rst) begin
    if (rst) output_row <= '0;
    else if (output_valid) output_row <= last_row ? '0 : output_row + 1'b1;
  end
endmodule
