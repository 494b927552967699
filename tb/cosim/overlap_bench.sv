// Plays recorded inputs to an array with overlapping tiles and writes down every register and net in
// every cycle, one line each, for overlap_test.py. In Icarus Verilog; CONVENTIONAL, a macro, chooses
// the design.
`timescale 1ps / 1ps
module overlap_bench #(
    parameter int ROWS = 2,
    parameter int COLS = 2,
    parameter int OVERLAP = 2,
    parameter int MODE = 1,
    parameter int CYCLES = 1
);
  localparam int DataWidth = 8;
  localparam int AccWidth = 32;
  localparam int Word = 2 + 16 + (ROWS + COLS) * DataWidth;

  logic clk = 0, rst = 0;
  logic load_start, start, load_ready, ready, output_valid;
  logic [15:0] t_count, phase_cycle, load_cycle, output_row;
  logic [1:0] phase;
  logic [ROWS*DataWidth-1:0] west;
  logic [COLS*DataWidth-1:0] north;
  logic [COLS*AccWidth-1:0] south;

`ifdef CONVENTIONAL
  conventional_system #(
`else
  array_system #(
      .MODES(64'(1) << MODE),
`endif
      .ROWS(ROWS),
      .COLS(COLS),
      .DATA_WIDTH(DataWidth),
      .ACC_WIDTH(AccWidth),
      .OVERLAP(OVERLAP),
      .COUNT_WIDTH(16)
  ) dut (
`ifndef CONVENTIONAL
      .mode(6'(MODE)),
`endif
      .*
  );

  // Inputs of cycle j: the two requests and t_count before the edge that begins it, the operands
  // after that edge.
  logic [Word-1:0] inputs[CYCLES];
  logic [ROWS*DataWidth-1:0] next_west;
  logic [COLS*DataWidth-1:0] next_north;
  integer j = 0, log;
  event sample;
  initial begin
    $readmemh("inputs.hex", inputs);
    log = $fopen("log.txt");
    {load_start, start, t_count, west, north} = '0;
    #1 rst = 1;
    #1 rst = 0;
    for (j = 0; j < CYCLES; j = j + 1) begin
      {load_start, start, t_count, next_west, next_north} = inputs[j];
      #2 clk = 1;
      #1 west = next_west;
      north = next_north;
      #4 ->sample;
      #1 clk = 0;
    end
    $finish;
  end

  always @(sample) begin
    $fdisplay(log, "%0d system 0 0 ready %h", j, ready);
    $fdisplay(log, "%0d system 0 0 load_ready %h", j, load_ready);
    $fdisplay(log, "%0d system 0 0 phase %h", j, phase);
    $fdisplay(log, "%0d system 0 0 pipeline_enable %h", j, dut.pipeline_enable);
    $fdisplay(log, "%0d system 0 0 output_valid %h", j, output_valid);
    $fdisplay(log, "%0d system 0 0 output_row %h", j, output_row);
  end

  genvar r, c, i;
  for (r = 0; r < ROWS; r = r + 1) begin : row
    for (c = 0; c < COLS; c = c + 1) begin : column
`define LOG(NET) $fdisplay(log, "%0d pe %0d %0d NET %h", j, r, c, dut.array.row[r].column[c].pe.NET);
      always @(sample) begin
        `LOG(operand)
        `LOG(weight)
        `LOG(weight_bank0)
        `LOG(weight_bank1)
        `LOG(weight_select)
        `LOG(bank_enable)
        `LOG(product)
        `LOG(psum_reg)
        `LOG(operand_reg)
`ifndef CONVENTIONAL
        `LOG(csa_sum)
        `LOG(csa_carry)
        `LOG(sum_out)
        `LOG(carry_out)
        `LOG(operand_out)
`endif
      end
    end
    for (i = 0; i < r; i = i + 1) begin : skew
      always @(sample)
        $fdisplay(log, "%0d skew %0d %0d reg %h", j, r, i, dut.array.skew[r].buffer.chain.reg_[i]);
    end
  end
  for (c = 0; c < COLS; c = c + 1) begin : edge_
    always @(sample)
      $fdisplay(log, "%0d system 0 %0d south %h", j, c, south[c*AccWidth+:AccWidth]);
    for (i = 0; i < COLS - 1 - c; i = i + 1) begin : deskew
      always @(sample)
        $fdisplay(log, "%0d deskew %0d %0d reg %h", j, c, i,
                  dut.array.deskew[c].buffer.chain.reg_[i]);
    end
  end
endmodule
