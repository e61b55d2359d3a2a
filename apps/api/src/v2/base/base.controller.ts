import { Controller, Get, Header } from '@nestjs/common';
import { Needs } from '../../edge/access.js';

/** `GET /v2/` tells that the API is here (distribution-spec, "Determining Support"). */
@Controller('v2')
export class BaseController {
  @Get()
  @Needs('pull')
  @Header('content-type', 'application/json')
  support(): string {
    return '{}';
  }
}
